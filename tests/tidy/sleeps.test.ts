/**
 * No test and no helper of tests waits for time where it should wait for a condition.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { sleepsIn } from './sleeps.js';
import { codeFiles } from './tree.js';

/** Tests, and all that only tests use. */
const testFiles = codeFiles.filter(({ path }) =>
  /^tests\/|^src\/testing\/|\.test\.ts$|(^|\/)[\w-]*rig[\w-]*(\/|\.m?[jt]s$)/.test(path),
);

const inFile = (text: string): string[] => sleepsIn({ path: 'x.ts', text, lines: text.split('\n') });

/** Where time is what the test is about, and who may use it: makers of faults. */
const LASTING = 'tests/rig/lasting.mjs';
const MAKERS = /^tests\/integration\/(faults|kills)\//;

describe('a wait for time', () => {
  it('as long as a fault lasts is for who makes faults', () => {
    const users = testFiles.filter(({ text }) => /from '[./]*\/rig\/lasting\.mjs'/.test(text));
    expect(users.length).toBeGreaterThan(0);
    expect(users.map(({ path }) => path).filter((path) => !MAKERS.test(path))).toEqual([]);
  });

  it('is in no test and in no helper of tests', () => {
    expect(testFiles.some(({ path }) => path === 'tests/contract/worktime-suite-rest.ts')).toBe(true);
    expect(testFiles.some(({ path }) => path === 'src/testing/deployer/deployer-rig.ts')).toBe(true);
    expect(testFiles.some(({ path }) => path === 'tests/rig/cluster.mjs')).toBe(true);
    const files = testFiles.filter(({ path }) => path !== LASTING);
    expect(files.flatMap((file) => sleepsIn(file))).toEqual([]);
  });

  it.each([
    'await new Promise((resolve) => setTimeout(resolve, 5));',
    'await new Promise<void>((go) => void setTimeout(go, wait()));',
    'await new Promise((go) => { setTimeout(go, 5); });',
    'await new Promise(function (go) { globalThis.setTimeout(() => go(), 5); });',
    'await new Promise((go) => systemClock.after(5, go));',
    'await delay(systemClock, 5);',
    'await page.waitForTimeout(5);',
    'Atomics.wait(numbers, 0, 0, 5);',
    "import { setTimeout as pause } from 'node:timers/promises';",
    "import * as timers from 'timers/promises';",
  ])('is found in %s', (text) => {
    expect(inFile(`const before = 1;\n${text}`)).toEqual([`x.ts:2: ${text}`]);
  });

  it.each([
    "import { setImmediate as nextTurn } from 'node:timers/promises';",
    'await delay(clock, 5);',
    'await rig.run("await new Promise((go) => setTimeout(go, 5))");',
    'await rig.run(`await new Promise((go) => setTimeout(go, ${ms}))`);',
    'const late = new Promise((_, no) => setTimeout(() => no(new Error("late")), 5));',
    'await new Promise((resolve) => server.listen(0, resolve));',
  ])('is not %s', (text) => {
    expect(inFile(text)).toEqual([]);
  });
});
