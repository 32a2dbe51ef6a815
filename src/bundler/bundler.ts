/**
 * The bundler of programs in Node.
 * @module
 */
import type { Bundler } from '../worktimes/packing/bundler.js';
import { bundleLibraries } from './bundle-libraries.js';
import { bundleModule, isBundleNeeded } from './bundle-module.js';

export const bundler: Bundler = { isNeeded: isBundleNeeded, bundleModule, bundleLibraries };
