/**
 * package.json and the lockfile: the version stands in one piece, no download host is fixed, and what is installed
 * needs no install script.
 * @module
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SOFTWARE_VERSION } from '../../src/lib/version.js';

interface LockedPackage {
  version?: string;
  resolved?: string;
  dev?: boolean;
  optional?: boolean;
  hasInstallScript?: boolean;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
const manifest = readJson('package.json') as {
  name: string;
  version: string;
  type: string;
  engines: { node: string };
  exports: Record<string, unknown>;
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
};
const lock = readJson('package-lock.json') as { version: string; packages: Record<string, LockedPackage> };

/** Where Node looks for `name` from a package at `path`: inside it, then beside each of its parents. */
function placesOf(path: string, name: string): string[] {
  const parents = path
    .split('/node_modules/')
    .map((_, i, parts) => parts.slice(0, i + 1).join('/node_modules/'));
  return ['', ...parents].map((parent) =>
    parent === '' ? `node_modules/${name}` : `${parent}/node_modules/${name}`,
  );
}

/**
 * Each makes something faster by a native build that it fetches ready-made, and works without: npm may leave its
 * script out.
 */
const SCRIPTS_THAT_MAY_BE_LEFT_OUT = ['msgpackr-extract'];

describe('the manifest', () => {
  it('has the version that the code reports', () => {
    expect(SOFTWARE_VERSION).toBe(manifest.version);
    expect(lock.version).toBe(manifest.version);
    expect(readFileSync('CHANGELOG.md', 'utf8')).toMatch(/^## \[Unreleased\]/m);
  });

  it('documents each export, and maps the types of each to the source', () => {
    const page = readFileSync('docs/package-json.md', 'utf8');
    const explained = [...page.matchAll(/^\| `(\.[^`]*)`/gm)].map(([, name]) => name);
    expect(explained).toEqual(Object.keys(manifest.exports));
    // The compiler's own file has comments.
    const paths = [...readFileSync('tsconfig.json', 'utf8').matchAll(/"(manyhands[^"]*)": \[/g)].map(
      ([, name]) => name,
    );
    const modules = Object.keys(manifest.exports).filter((name) => !name.endsWith('.json'));
    expect(paths).toEqual(modules.map((name) => name.replace(/^\./, 'manyhands')));
  });

  it('is ESM and runs no script on install', () => {
    expect(manifest.type).toBe('module');
    const hooks = ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish'];
    expect(hooks.filter((hook) => hook in manifest.scripts)).toEqual([]);
  });

  it('has a lock file without download hosts', () => {
    const named = Object.entries(lock.packages).filter(([, locked]) => locked.resolved !== undefined);
    expect(named.map(([path]) => path)).toEqual([]);
  });

  it('has a lock file with every transitive dependency, also those for other platforms', () => {
    // npm ci refuses a lockfile with gaps, and fills none.
    const missing = Object.entries(lock.packages).flatMap(([path, locked]) =>
      Object.keys({ ...locked.dependencies, ...locked.optionalDependencies })
        .filter((name) => !placesOf(path, name).some((place) => place in lock.packages))
        .map((name) => `${name} for ${path}`),
    );
    expect(missing).toEqual([]);
  });

  it('has no dependency that needs an install script at run time', () => {
    const scripts = Object.entries(lock.packages).filter(
      ([, locked]) => locked.hasInstallScript && !locked.dev,
    );
    expect(scripts.map(([path]) => path.replace(/^.*node_modules\//, ''))).toEqual(
      SCRIPTS_THAT_MAY_BE_LEFT_OUT,
    );
    expect(scripts.filter(([, locked]) => !locked.optional).map(([path]) => path)).toEqual([]);
  });
});
