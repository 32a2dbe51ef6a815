/**
 * Loads esbuild, an optional peer dependency: programs that bundle nothing need not install it.
 * @module
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as Esbuild from 'esbuild';
import { ManyhandsError } from '../lib/errors.js';

export type { Esbuild };

/** @param why what has to be bundled, as the beginning of a sentence @throws BUNDLER_MISSING */
export async function loadEsbuild(why: string): Promise<typeof Esbuild> {
  try {
    return await import('esbuild');
  } catch {
    // This package may be installed elsewhere than the program that uses it.
  }
  try {
    const require = createRequire(join(process.cwd(), 'package.json'));
    return (await import(pathToFileURL(require.resolve('esbuild')).href)) as typeof Esbuild;
  } catch (cause) {
    const text = `${why}, which takes esbuild, and it is not installed: npm i -D esbuild`;
    throw new ManyhandsError('BUNDLER_MISSING', text, {}, { cause });
  }
}
