/**
 * Which tests need a browser stands in their names, so that the test command can run all others where there is none.
 * @module
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { allPaths } from './tree.js';

const FINDERS = ['scripts/find-chromium.mjs', 'scripts/find-firefox.mjs'];
const NAMED = /\.browser(\.deep)?\.test\.ts$/;

const tests = allPaths.filter((path) => /^tests\/(?!e2e\/).*\.test\.ts$/.test(path));

/** Whether a file, or one that it imports, looks for a browser. */
function needsBrowser(path: string, seen = new Set<string>()): boolean {
  if (FINDERS.includes(path)) return true;
  if (seen.has(path)) return false;
  seen.add(path);
  const text = readFileSync(path, 'utf8');
  // What is imported as a type alone is not there when the test runs.
  return [...text.matchAll(/^(?:import|export)\s+(?!type\b)[^;]*?'(\.[^']+)'/gm)]
    .map(([, name]) => join(dirname(path), name!))
    .map((to) => (to.endsWith('.js') ? `${to.slice(0, -3)}.ts` : to))
    .filter((to) => existsSync(to))
    .some((to) => needsBrowser(to, seen));
}

describe('a test that needs a browser', () => {
  const needing = tests.filter((path) => needsBrowser(path));

  it('is named *.browser.test.ts or *.browser.deep.test.ts, and no other test is', () => {
    expect(needing).toEqual(tests.filter((path) => NAMED.test(path)));
    expect(needing.length).toBeGreaterThan(3);
  });
});
