/**
 * The list of worktimes, and how a version is chosen.
 * @module
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { describeWorktime, resolveWorktime, WORKTIMES } from './registry.js';

const require = createRequire(import.meta.url);

describe('the registry of worktimes', () => {
  it('has the version of the installed Pyodide package', () => {
    const manifest = JSON.parse(readFileSync(require.resolve('pyodide/package.json'), 'utf8')) as {
      version: string;
    };
    expect(describeWorktime('pyodide')?.version).toBe(manifest.version);
  });

  it('lists assets that exist in the Pyodide package', () => {
    for (const name of describeWorktime('pyodide')!.assets!) {
      expect(() => require.resolve(`pyodide/${name}`)).not.toThrow();
    }
  });

  it('resolves the default range of each worktime to that worktime', () => {
    for (const { name, version, defaultRange } of WORKTIMES) {
      expect(resolveWorktime(WORKTIMES, name, defaultRange)).toEqual({ name, version });
    }
  });

  it('chooses the newest version in the range', () => {
    const available = ['1.0.0', '1.4.2', '1.10.0', '2.0.0', '2.1.0-beta.1'].map((version) => ({
      name: 'x',
      version,
    }));
    const chosen = (range: string) => resolveWorktime(available, 'x', range)?.version;
    expect(chosen('^1.0.0')).toBe('1.10.0');
    expect(chosen('~1.4.0')).toBe('1.4.2');
    expect(chosen('*')).toBe('2.0.0');
    expect(chosen('1.0.0')).toBe('1.0.0');
    expect(chosen('>=3')).toBeUndefined();
    expect(chosen('no range')).toBeUndefined();
    expect(resolveWorktime(available, 'y', '*')).toBeUndefined();
  });
});
