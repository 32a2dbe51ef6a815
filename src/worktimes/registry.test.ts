/**
 * The list of worktimes, and how a version is chosen.
 * @module
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { WORKTIMES } from './registry.js';
import { resolveWorktime } from './resolve-worktime.js';

const require = createRequire(import.meta.url);

describe('the registry of worktimes', () => {
  it('lists assets that exist in the package that they are of', () => {
    const files = WORKTIMES.flatMap(
      ({ assets }) => assets?.files.map((file) => `${assets.package}/${file}`) ?? [],
    );
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) expect(() => require.resolve(file)).not.toThrow();
  });

  it('gives each asset a name of its own, as the manifest of assets names no worktime', () => {
    const names = WORKTIMES.flatMap(({ assets }) => assets?.files ?? []);
    expect(names).toEqual([...new Set(names)]);
  });

  it('has for each worktime with assets the version of the installed package', () => {
    for (const { version, assets } of WORKTIMES) {
      if (assets === undefined) continue;
      const manifest = JSON.parse(
        readFileSync(require.resolve(`${assets.package}/package.json`), 'utf8'),
      ) as { version: string };
      expect(version).toBe(manifest.version);
    }
  });

  it('gives each name and alias to one worktime alone', () => {
    const names = WORKTIMES.flatMap(({ name, aliases }) => [name, ...aliases]);
    expect(names).toEqual([...new Set(names)]);
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
