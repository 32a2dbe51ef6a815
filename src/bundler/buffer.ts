/**
 * Node's `Buffer`, which a sandbox does not have. Bundles that name it get that of the npm package `buffer`, where the
 * program has this package; others may still work, since most libraries use it only where it is defined.
 * @module
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { BuildOptions, Plugin } from 'esbuild';

const ENTRY = 'manyhands:buffer';
const NAMESPACE = 'buffer-global';

/** Whether the text of a bundle uses the global. */
export function usesBuffer(text: string): boolean {
  return /(?<![\w$.])Buffer\.(?:from|alloc|concat)/.test(text);
}

/** The options with the global defined; unchanged where there is no package `buffer`. */
export function withBuffer(options: BuildOptions): BuildOptions {
  let path: string;
  try {
    // The slash makes it the package and not Node's own module.
    path = createRequire(join(process.cwd(), 'package.json')).resolve('buffer/');
  } catch {
    return options;
  }
  const plugin: Plugin = {
    name: NAMESPACE,
    setup(build) {
      build.onResolve({ filter: new RegExp(`^${ENTRY}$`) }, () => ({ path, namespace: NAMESPACE }));
      build.onLoad({ filter: /.*/, namespace: NAMESPACE }, () => ({
        contents: `export { Buffer } from ${JSON.stringify(path)};`,
        resolveDir: process.cwd(),
      }));
    },
  };
  return { ...options, inject: [ENTRY], plugins: [plugin, ...options.plugins!] };
}
