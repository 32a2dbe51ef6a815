/**
 * A worktime is described in its own folder: the rest of the code reads the registry and names no worktime, and the page for
 * its users lists what the registry has.
 * @module
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { WORKTIMES } from '../../src/worktimes/registry.js';
import { codeFiles, linesWith } from './tree.js';

/** What names worktimes: their own folders, the lists of their code, and the demonstration of Python. */
const NAMING = [
  ...WORKTIMES.map(({ name }) => `src/worktimes/${name}/`),
  'src/worktimes/runtimes.ts',
  'src/worktimes/packers.ts',
  'src/worktimes/module-resolvers.ts',
  'src/cli/demo/words-job.ts',
];

const others = codeFiles.filter(
  ({ path }) =>
    /^(src|web-worker-demo|scripts)\//.test(path) &&
    !/\.test(-d)?\.ts$/.test(path) &&
    !path.startsWith('src/testing/') &&
    !NAMING.some((one) => path.startsWith(one)),
);

/** Source without comments. */
const withoutComments = others.map((file) => {
  const text = file.text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ''))
    .replace(/^\s*\/\/.*$/gm, '');
  return { ...file, text, lines: text.split('\n') };
});

describe('a worktime', () => {
  it('is named outside of its folder in the lists of its code alone', () => {
    expect(withoutComments.length).toBeGreaterThan(300);
    // `wasm` is also the name of a field of a job and of its package.
    const isField =
      /^src\/(protocol\/job\/|deployer\/job\/configurable-job\.ts|worktimes\/runtime\/runtime\.ts).*'wasm'/;
    const named = WORKTIMES.map(({ name, assets }) => [name, ...(assets?.files ?? [])].join('|')).join('|');
    const found = linesWith(withoutComments, new RegExp(`(['"\`])(${named.replaceAll('.', '\\.')})\\1`));
    expect(found.filter((line) => !isField.test(line))).toEqual([]);
  });

  it('stands in the table of docs/worktimes.md with its version and range, and has a section there', () => {
    const page = readFileSync('docs/worktimes.md', 'utf8');
    const rows = [...page.matchAll(/^\| `([\w-]+)`\s*\| (\S+)\s*\|[^|]*\| `(\S+)`\s*\|$/gm)];
    const listed = rows.map(([, name, version, defaultRange]) => ({ name, version, defaultRange }));
    const byName = (a: { name?: string }, b: { name?: string }): number => (a.name! < b.name! ? -1 : 1);
    const expected = WORKTIMES.map(({ name, version, defaultRange }) => ({ name, version, defaultRange }));
    expect(listed.sort(byName)).toEqual(expected.sort(byName));
    for (const { name } of WORKTIMES) expect(page).toMatch(new RegExp(`^## ${name}$`, 'm'));
  });
});
