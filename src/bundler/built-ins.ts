/**
 * Refuses modules of Node, which no sandbox has. A package may name one in a branch that a sandbox does not reach: there
 * importing it throws.
 * @module
 */
import { builtinModules } from 'node:module';
import { isAbsolute } from 'node:path';
import type { Plugin } from 'esbuild';

const NAMES = builtinModules
  .map((name) => name.replace(/^node:/, ''))
  .filter((name) => /^[\w/]+$/.test(name));
const BUILT_IN = new RegExp(`^node:|^(?:${[...new Set(NAMES)].join('|')})$`);

/** Where packages are. */
export const PACKAGE_FOLDER = /[\\/]node_modules[\\/]/;

/** Imports that are evaluated when they are reached. */
const LAZY_KINDS: ReadonlySet<string> = new Set(['dynamic-import', 'require-call', 'require-resolve']);

const NAMESPACE = 'absent-built-in';
const EMPTY_NAMESPACE = 'empty-built-in';

export const builtIns: Plugin = {
  name: 'built-ins',
  setup(build) {
    build.onResolve({ filter: BUILT_IN }, async ({ path, kind, importer, resolveDir, pluginData }) => {
      if (pluginData === NAMESPACE) return undefined;
      if (!path.startsWith('node:')) {
        // A package may have the name of a module of Node, as `buffer` and `punycode` have.
        const found = await build.resolve(path, { kind, importer, resolveDir, pluginData: NAMESPACE });
        if (found.errors.length === 0 && isAbsolute(found.path)) return found;
        // The package says in its field `browser` that it does without the module.
        if (found.errors.length === 0) return { path, namespace: EMPTY_NAMESPACE };
      }
      const name = path.replace(/^node:/, '');
      if (LAZY_KINDS.has(kind) && PACKAGE_FOLDER.test(importer)) return { path: name, namespace: NAMESPACE };
      return { errors: [{ text: `a sandbox has no node:${name}` }] };
    });
    build.onLoad({ filter: /.*/, namespace: EMPTY_NAMESPACE }, () => ({ contents: '', loader: 'js' }));
    build.onLoad({ filter: /.*/, namespace: NAMESPACE }, ({ path }) => ({
      contents: `throw new Error(${JSON.stringify(`A sandbox has no node:${path}`)});`,
      loader: 'js',
    }));
  },
};
