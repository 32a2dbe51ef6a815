/**
 * Which isolation for strangers' jobs this machine has: Deno first, a browser without a window else.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { findChromium } from './chromium-find.js';
import { findDeno, type Environment } from './deno-find.js';

export interface HeadlessFound {
  isolation: 'deno' | 'chromium';
  /** Of the executable. */
  path: string;
}

/** All that was found, the one to be preferred first. Nothing is started. */
export function findHeadless(env: Environment): HeadlessFound[] {
  const found: HeadlessFound[] = [];
  const deno = findDeno(env);
  if (deno !== undefined) found.push({ isolation: 'deno', path: deno });
  const chromium = findChromium(env);
  if (chromium !== undefined) found.push({ isolation: 'chromium', path: chromium });
  return found;
}

/**
 * The isolation to take where nobody chose one.
 * @throws ISOLATION_UNAVAILABLE, with the ways to get one
 */
export function chooseHeadless(env: Environment): HeadlessFound['isolation'] {
  const [first] = findHeadless(env);
  if (first !== undefined) return first.isolation;
  throw new ManyhandsError('ISOLATION_UNAVAILABLE', HOW_TO_GET_ONE);
}

/** What a person can do on a machine that has none. */
export const HOW_TO_GET_ONE = [
  "This machine has nothing to keep strangers' code in. Either of these will do:",
  '  Deno:     npm install deno   (or https://deno.com; MANYHANDS_DENO names one that is elsewhere)',
  '  Chromium: install chromium or Google Chrome   (MANYHANDS_CHROMIUM names one that is elsewhere)',
  "For jobs of your own alone, --isolation thread (isolation: 'thread') needs neither.",
].join('\n');
