/**
 * The bundler of programs in Node.
 * @module
 */
import type { Bundler } from '../worktimes/packing/bundler.js';
import { bundleLibraries } from './bundle-libraries.js';
import { readSourceMap } from './source-map.js';
import { bundleModule, isBundleNeeded } from './bundle-module.js';

export const bundler: Bundler = { isNeeded: isBundleNeeded, bundleModule, bundleLibraries, readSourceMap };
