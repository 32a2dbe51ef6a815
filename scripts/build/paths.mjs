/** Where the build reads and writes. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const SRC = join(ROOT, 'src');
export const PAGE = join(ROOT, 'web-worker-demo');
export const DIST = join(ROOT, 'dist');
export const WEB = join(DIST, 'web');
/** Where dist/web is put together, so that a scheduler that serves it never sees half of it. */
export const STAGE = join(DIST, '.web');
export const CACHE = join(ROOT, 'node_modules', '.cache', 'manyhands');

const require = createRequire(import.meta.url);

/** The folder of an installed package. */
export function packageDir(name) {
  return dirname(require.resolve(`${name}/package.json`));
}
