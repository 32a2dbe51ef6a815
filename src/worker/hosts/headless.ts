/**
 * Finds the isolation for foreign jobs on this machine: Deno, else a headless browser.
 * @module
 */
import { execFile } from 'node:child_process';
import { ManyhandsError } from '../../lib/errors.js';
import { findChromium } from './chromium/chromium-find.js';
import { queryDeno, findDeno } from './deno/deno-find.js';
import type { Environment } from './process/find-program.js';

export interface HeadlessFound {
  isolation: 'deno' | 'chromium';
  /** Path of the executable. */
  path: string;
}

/** All that were found, the preferred one first. Starts nothing. */
export function findHeadless(env: Environment): HeadlessFound[] {
  const found: HeadlessFound[] = [];
  const deno = findDeno(env);
  if (deno !== undefined) found.push({ isolation: 'deno', path: deno });
  const chromium = findChromium(env);
  if (chromium !== undefined) found.push({ isolation: 'chromium', path: chromium });
  return found;
}

/** What was found, and whether it works. */
export interface HeadlessExamined extends HeadlessFound {
  /** Its version, if it was queried. */
  version?: string;
  /** Why it cannot be used, as a sentence. */
  problem?: string;
}

const ASK_MS_MAX = 20_000;

/** All that were found, with their versions. Never rejects. */
export async function examineHeadless(env: Environment): Promise<HeadlessExamined[]> {
  const examined = await Promise.all(
    findHeadless(env).map(async (found) => {
      try {
        const version =
          found.isolation === 'deno' ? await denoVersion(found.path) : await browserVersion(found.path);
        return { ...found, ...(version === undefined ? {} : { version }) };
      } catch (error) {
        return { ...found, problem: error instanceof Error ? error.message : String(error) };
      }
    }),
  );
  return [...examined, ...findMisnamed(env)];
}

/** A path in an environment variable at which there is no program: no other place is searched then. */
function findMisnamed(env: Environment): (HeadlessFound & { problem: string })[] {
  const named = [
    { isolation: 'deno', variable: 'MANYHANDS_DENO', find: findDeno },
    { isolation: 'chromium', variable: 'MANYHANDS_CHROMIUM', find: findChromium },
  ] as const;
  return named.flatMap(({ isolation, variable, find }) => {
    const path = env[variable];
    if (!path || find(env) !== undefined) return [];
    return [{ isolation, path, problem: `${variable} names it, and there is no program there` }];
  });
}

async function denoVersion(path: string): Promise<string> {
  const { SystemRoot } = process.env;
  const quiet = { DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' };
  return (await queryDeno(path, { ...quiet, ...(SystemRoot === undefined ? {} : { SystemRoot }) })).version;
}

/** On Windows, browsers open a window instead of printing their version. */
function browserVersion(path: string): Promise<string | undefined> {
  if (process.platform === 'win32') return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    execFile(path, ['--version'], { timeout: ASK_MS_MAX }, (error, stdout) => {
      const version = /\d+(\.\d+)+/.exec(stdout)?.[0];
      if (error === null && version !== undefined) return resolve(version);
      reject(new Error(`It prints no version: ${error?.message.split('\n')[0] ?? stdout.slice(0, 100)}`));
    });
  });
}

/**
 * The default isolation of this machine.
 * @throws ISOLATION_UNAVAILABLE, with instructions to install one
 */
export function chooseHeadless(env: Environment): HeadlessFound['isolation'] {
  const [first] = findHeadless(env);
  if (first !== undefined) return first.isolation;
  const misnamed = findMisnamed(env).map(({ path, problem }) => `${path}: ${problem}.`);
  throw new ManyhandsError('ISOLATION_UNAVAILABLE', [HOW_TO_GET_ONE, ...misnamed].join('\n'));
}

/** Instructions for a machine that has none. */
export const HOW_TO_GET_ONE = [
  "This machine has no way to isolate strangers' code. Either of these will do:",
  '  Deno:     npm install deno   (or https://deno.com; MANYHANDS_DENO names one that is elsewhere)',
  '  Chromium: install chromium or Google Chrome   (MANYHANDS_CHROMIUM names one that is elsewhere)',
  "For jobs of your own alone, --isolation thread (isolation: 'thread') needs neither.",
].join('\n');
