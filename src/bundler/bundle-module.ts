/**
 * Bundles the module of a work function that is a file.
 * @module
 */
import { fileURLToPath } from 'node:url';
import type { ModuleBundle } from '../worktimes/packing/bundler.js';
import { bundle } from './bundle.js';
import { shownPath } from './shown-path.js';

/** Files that are not JavaScript as engines run it. */
const COMPILED = /\.(?:[cm]?ts|[jt]sx)$/;
const IMPORTS =
  /^\s*(?:import\b(?!\s*[.(])|export\b[^;]*?\bfrom\s*['"])|\bimport\s*\(|\brequire\s*\(|\bimport\.meta\b/m;

/** As `Bundler.isNeeded`. */
export function isBundleNeeded(url: URL, text: string): boolean {
  return url.protocol === 'file:' && (COMPILED.test(url.pathname) || IMPORTS.test(text));
}

/** As `Bundler.bundleModule`. */
export function bundleModule(url: URL): Promise<ModuleBundle> {
  const path = fileURLToPath(url);
  return bundle({
    what: `The work function's module ${shownPath(path)}`,
    input: { entryPoints: [path] },
    format: 'esm',
    hasSourceMap: true,
  });
}
