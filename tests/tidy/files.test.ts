/**
 * Sizes, names and headers of files.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { allPaths, codeFiles, productFiles } from './tree.js';

const LINES_MAX = 400;
const LINES_TO_LOOK_AT = 250;

/** Fixed by the tools that look for them. */
const NAMES_OF_TOOLS =
  /(^|\/)(README|ARCHITECTURE|CHANGELOG|CONTRIBUTING|SECURITY)\.md$|(^|\/)LICENSE$|(^|\/)\./;
const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/;

/** A statement that defines a test, or that calls a function of tests: by convention its name ends with `Suite` or `Contract`. */
const TEST_CALL = /^\s*(it|test)(\.\w+)*[(<]|^\s*(\w*[sS]uite|\w*[cC]ontract)\(/m;
const holdsTest = (text: string): boolean => TEST_CALL.test(text);

describe('files', () => {
  it(`have at most ${LINES_MAX} lines of code`, () => {
    const sized = codeFiles.map((file) => ({ path: file.path, lines: file.lines.length - 1 }));
    const large = sized.filter((file) => file.lines > LINES_TO_LOOK_AT && file.lines <= LINES_MAX);
    if (large.length > 0) {
      const list = large.map((file) => `  ${file.lines} ${file.path}`).join('\n');
      console.warn(`Over ${LINES_TO_LOOK_AT} lines, is each one thing?\n${list}`);
    }
    expect(sized.filter((file) => file.lines > LINES_MAX)).toEqual([]);
  });

  it('have names in kebab-case', () => {
    const odd = allPaths.filter((path) => {
      if (NAMES_OF_TOOLS.test(path)) return false;
      return !path.split('/').every((part) => KEBAB.test(part) || part.startsWith('.'));
    });
    expect(odd).toEqual([]);
  });

  it('start with a comment that describes their content, in src with @module', () => {
    const bare = codeFiles.filter((file) => {
      if (file.path.startsWith('examples/') || /\.(d\.m?ts|test\.ts)$/.test(file.path)) return false;
      const head = file.text.replace(/^#!.*\n/, '').match(/^\/\*\*[\s\S]*?\*\//)?.[0];
      return head === undefined || (file.path.startsWith('src/') && !head.includes('@module'));
    });
    expect(bare.map((file) => file.path)).toEqual([]);
  });

  it('use one suffix for tests', () => {
    const odd = allPaths.filter(
      (path) => /[._](spec|tests?)\.[cm]?[jt]s$/.test(path) && !path.endsWith('.test.ts'),
    );
    expect(odd).toEqual([]);
  });

  it('keep unit tests beside the file that they test', () => {
    const paths = new Set(allPaths);
    const lonely = allPaths.filter((path) => {
      if (!path.startsWith('src/') || !path.endsWith('.test.ts')) return false;
      const folder = path.slice(0, path.lastIndexOf('/') + 1);
      return ![...paths].some((other) => other.startsWith(folder) && !/\.test(-d)?\.ts$/.test(other));
    });
    expect(lonely).toEqual([]);
  });

  it('named *.test.ts hold a test, or call a suite of tests', () => {
    const tests = codeFiles.filter(({ path }) => path.endsWith('.test.ts'));
    expect(tests.length).toBeGreaterThan(100);
    expect(tests.filter(({ text }) => !holdsTest(text)).map(({ path }) => path)).toEqual([]);
    expect(holdsTest("describe('a', () => {\n  it.each([1])('b', () => {});\n});")).toBe(true);
    expect(holdsTest("describe('a', () => {\n  // it('b', () => {});\n});")).toBe(false);
  });

  it('are found by the checks of this suite', () => {
    expect(productFiles.length).toBeGreaterThan(20);
  });
});
