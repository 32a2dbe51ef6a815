import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { baseName, comparePaths, parentsOf, resolvePath } from './paths.js';

const CWD = '/home/pyodide/work';

describe('resolvePath', () => {
  it.each([
    ['a.txt', '/home/pyodide/work/a.txt'],
    ['./a//b/', '/home/pyodide/work/a/b'],
    ['../a', '/home/pyodide/a'],
    ['../../../../../a', '/a'],
    ['/', '/'],
    ['/a/../..', '/'],
    ['/data/./x', '/data/x'],
    ['.', '/home/pyodide/work'],
    ['~', '/home/pyodide'],
    ['~/a', '/home/pyodide/a'],
    ['~user', '/home/pyodide/work/~user'],
    ['a/~', '/home/pyodide/work/a/~'],
    ['/~', '/~'],
    ['...', '/home/pyodide/work/...'],
    ['a b/ü\n', '/home/pyodide/work/a b/ü\n'],
    ['a\\b', '/home/pyodide/work/a\\b'],
  ])('%j is %j', (path, resolved) => {
    expect(resolvePath(path, CWD)).toBe(resolved);
  });

  it.each(['', 'a\0b', '\ud800', `/${'x'.repeat(1_024)}`, 'é'.repeat(600), null, undefined, 5, {}])(
    'refuses %j',
    (path) => {
      expect(() => resolvePath(path as string, CWD)).toThrow(expect.objectContaining({ code: 'JOBFS_PATH' }));
    },
  );

  it('accepts a path and a name of exactly the maximum length', () => {
    expect(resolvePath(`/${'x/'.repeat(511)}x`, CWD)).toHaveLength(1_024);
    expect(resolvePath(`/${'x'.repeat(255)}`, CWD)).toHaveLength(256);
  });

  it('rejects a name that is longer in bytes than file systems of sandboxes allow', () => {
    for (const name of ['x'.repeat(256), 'é'.repeat(128), `dir/${'x'.repeat(300)}/y`]) {
      expect(() => resolvePath(name, CWD)).toThrow(/the limit is 255/);
    }
  });

  it('returns a normalised absolute path for any input, which resolves to itself', () => {
    const part = fc.constantFrom('a', '..', '.', '', '~', 'b c', 'é', '....', '~x');
    fc.assert(
      fc.property(fc.array(part, { minLength: 1 }), fc.boolean(), (parts, isAbsolute) => {
        const path = (isAbsolute ? '/' : '') + parts.join('/');
        if (path === '') return;
        const resolved = resolvePath(path, CWD);
        expect(resolved).toMatch(/^\//);
        expect(resolved === '/' || !/\/(\.{1,2})?(\/|$)/.test(resolved)).toBe(true);
        expect(resolvePath(resolved, '/elsewhere')).toBe(resolved);
      }),
    );
  });
});

it('parentsOf returns the parent directories, topmost first', () => {
  expect(parentsOf('/a/b/c')).toEqual(['/a', '/a/b']);
  expect(parentsOf('/a')).toEqual([]);
  expect(parentsOf('/')).toEqual([]);
  expect(baseName('/a/b')).toBe('b');
});

it('comparePaths orders a directory before its content', () => {
  expect(['/a/b', '/a', '/a!', '/B', '/a/b/c', '/a'].sort(comparePaths)).toEqual([
    '/B',
    '/a',
    '/a',
    '/a!',
    '/a/b',
    '/a/b/c',
  ]);
});
