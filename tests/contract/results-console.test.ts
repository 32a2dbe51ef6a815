/**
 * What the slices of a job print, in the program that follows it, from workers with threads and with Deno.
 * @module
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, expect, it } from 'vitest';
import { startResultsFixture, type ResultsFixture } from './results-fixture.js';

const program = fileURLToPath(new URL('../fixtures/printing.mjs', import.meta.url));

let fixture: ResultsFixture | undefined;
afterEach(() => fixture?.stop());

it.each(['thread', 'deno'] as const)(
  'a program that waits for its job prints what slices print in a %s, with their slice and attempt, and ends by itself',
  async (isolation) => {
    fixture = await startResultsFixture(isolation);
    const env = { ...process.env, MANYHANDS_HOME: fixture.home, MANYHANDS_SCHEDULER: fixture.url };
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [program], { env });
    expect(stdout).toBe('SLICES_FAILED\n');
    const lines = stderr.trimEnd().split('\n');
    expect(lines.sort()).toEqual([
      '[slice 1] this is 1',
      '[slice 1] warn  [2Jgone',
      '[slice 2, attempt 2] this is 2',
      '[slice 2] this is 2',
    ]);
  },
);
