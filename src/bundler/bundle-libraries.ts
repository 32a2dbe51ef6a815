/**
 * Bundles npm libraries for work functions that are written inline.
 * @module
 */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin, ResolveResult } from 'esbuild';
import { bundle } from './bundle.js';
import type { ModuleBundle } from '../worktimes/packing/bundler.js';

const PREFIX = 'library:';
const BEFORE = '(() => { const module = { exports: {} }; let exports = module.exports;\n';
const AFTER = '\nreturn module.exports; })()';

/** As `Bundler.bundleLibraries`. */
export async function bundleLibraries(libraries: ReadonlyMap<string, string | URL>): Promise<ModuleBundle> {
  const entries = [...libraries.keys()].map(
    (name) => `${JSON.stringify(name)}: () => require(${JSON.stringify(PREFIX + name)}),`,
  );
  const made = await bundle({
    what: libraries.size === 1 ? `The library ${[...libraries.keys()][0]}` : 'The libraries',
    input: {
      stdin: {
        contents: `module.exports = {${entries.join('\n')}};`,
        resolveDir: process.cwd(),
        sourcefile: 'libraries.js',
      },
    },
    format: 'cjs',
    hasSourceMap: false,
    plugins: [namedLibraries(libraries)],
  });
  const text = new TextDecoder().decode(made.bytes);
  return { ...made, bytes: new TextEncoder().encode(BEFORE + text + AFTER) };
}

/** Finds packages from the working directory, and else from the program. */
function namedLibraries(libraries: ReadonlyMap<string, string | URL>): Plugin {
  return {
    name: 'named-libraries',
    setup(build) {
      build.onResolve({ filter: /^library:/ }, async ({ path }) => {
        const wanted = libraries.get(path.slice(PREFIX.length))!;
        if (typeof wanted !== 'string') return { path: fileURLToPath(wanted) };
        const program = process.argv[1];
        const folders = [process.cwd(), ...(program === undefined ? [] : [dirname(program)])];
        let missing: ResolveResult | undefined;
        for (const resolveDir of folders) {
          // As an import: packages that offer both formats then give their ES modules.
          const found = await build.resolve(wanted, { kind: 'import-statement', resolveDir });
          if (found.errors.length === 0) return found;
          missing ??= found;
        }
        return { errors: missing?.errors ?? [] };
      });
    },
  };
}
