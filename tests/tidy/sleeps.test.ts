/**
 * Tests and their helpers wait for conditions, not for time to pass.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { sleepsIn } from './sleeps.js';
import { codeFiles } from './tree.js';

/** Tests, and the files that only tests use. */
const testFiles = codeFiles.filter(({ path }) =>
  /^tests\/|^src\/testing\/|\.test\.ts$|(^|\/)[\w-]*fixture[\w-]*(\/|\.m?[jt]s$)/.test(path),
);

const inFile = (text: string): string[] => sleepsIn({ path: 'x.ts', text, lines: text.split('\n') });

/** The one helper that waits for time, and the tests that may use it: those that inject faults of a given duration. */
const FAULT_DURATION = 'tests/fixtures/fault-duration.mjs';
const FAULT_INJECTORS = /^tests\/integration\/(faults|kills)\//;

describe('a wait for time', () => {
  it('is used only by tests that inject faults of a given duration', () => {
    const users = testFiles.filter(({ text }) => /from '[./]*\/fixtures\/fault-duration\.mjs'/.test(text));
    expect(users.length).toBeGreaterThan(0);
    expect(users.map(({ path }) => path).filter((path) => !FAULT_INJECTORS.test(path))).toEqual([]);
  });

  it('does not occur in any other test or test helper', () => {
    expect(testFiles.some(({ path }) => path === 'tests/contract/worktime-suite-quiesce.ts')).toBe(true);
    expect(testFiles.some(({ path }) => path === 'src/testing/deployer/deployer-fixture.ts')).toBe(true);
    expect(testFiles.some(({ path }) => path === 'tests/fixtures/cluster.mjs')).toBe(true);
    const files = testFiles.filter(({ path }) => path !== FAULT_DURATION);
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
    'await fixture.run("await new Promise((go) => setTimeout(go, 5))");',
    'await fixture.run(`await new Promise((go) => setTimeout(go, ${ms}))`);',
    'const late = new Promise((_, no) => setTimeout(() => no(new Error("late")), 5));',
    'await new Promise((resolve) => server.listen(0, resolve));',
  ])('is not %s', (text) => {
    expect(inFile(text)).toEqual([]);
  });
});
