/**
 * Slices that take their sandbox with them: they fail alone, by name, and take nobody along.
 * @module
 */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { computeFor, init, isError, type ManyhandsError } from '../../src/entry/deployer.node.js';
import { openWallet } from '../../src/entry/wallet.node.js';
import { startCluster, type Cluster } from '../fixtures/cluster.mjs';

let cluster: Cluster;
beforeEach(async () => {
  cluster = await startCluster({ workers: 1 });
  init({ scheduler: cluster.url, wallet: openWallet(cluster.home) });
});
afterEach(() => cluster.stop());

const SLICES = 2_000;
const POISON = 777;

async function failureOf(promise: Promise<unknown>): Promise<ManyhandsError<'SLICES_FAILED'>> {
  const error: unknown = await promise.then(
    () => 'it succeeded',
    (reason: unknown) => reason,
  );
  if (!isError(error, 'SLICES_FAILED')) throw error;
  return error;
}

it('only the slice that exhausts its memory fails in a lease of 2,000 slices', async () => {
  const job = computeFor(
    Array.from({ length: SLICES }, (_, i) => i + 1),
    (x: number, poison: number) => {
      if (x !== poison) return -x;
      const hoard: number[][] = [];
      for (;;) hoard.push(new Array<number>(100_000).fill(x));
    },
    [POISON],
  );
  const error = await failureOf(job.exec());
  expect(error.info.failed).toBe(1);
  expect(error.info.failures.map(({ sliceNumber }) => sliceNumber)).toEqual([POISON]);
  expect(error.info.failures[0]!.error).toMatchObject({ code: 'SANDBOX_CRASHED' });
  const { results } = error.info;
  for (let slice = 1; slice <= SLICES; slice++) {
    if (slice !== POISON) expect(results[slice - 1]).toBe(-slice);
    else expect(slice - 1 in results).toBe(false);
  }
});

it('only the slice that never ends fails', async () => {
  const job = computeFor(
    Array.from({ length: 200 }, (_, i) => i + 1),
    (x: number) => {
      while (x === 50);
      return x;
    },
  );
  job.limits = { sliceTimeoutMs: 1_000 };
  const error = await failureOf(job.exec());
  expect(error.info.failures).toMatchObject([{ sliceNumber: 50, error: { code: 'SLICE_TIMEOUT' } }]);
  expect(Object.keys(error.info.results)).toHaveLength(199);
});

it('the deployer gets the type, message and source position of an error that a work function throws', async () => {
  const job = computeFor([1, 2, 3], function half(x: number) {
    if (x % 2 === 1) throw new RangeError(`${x} is odd`);
    return x / 2;
  });
  const heard: string[] = [];
  job.on('error', ({ sliceNumber, error }) => heard.push(`${sliceNumber} ${error.name}: ${error.message}`));
  const { info } = await failureOf(job.exec());
  expect(heard.sort()).toEqual(['1 RangeError: 1 is odd', '3 RangeError: 3 is odd']);
  expect(info.results[1]).toBe(1);
  expect(info.failures[0]!.error).toBeInstanceOf(RangeError);
  expect(info.failures[0]!.error.stack).toContain('half');
});

it('a job whose work function cannot be loaded by any worker is cancelled at once', async () => {
  const job = computeFor(
    Array.from({ length: 100_000 }, (_, i) => i),
    'def work(x:\n  return x',
  );
  job.worktime = 'pyodide';
  const error: unknown = await job.exec().catch((reason: unknown) => reason);
  expect(isError(error, 'JOB_CANCELLED')).toBe(true);
  expect((error as Error).message).toContain('SyntaxError');
});
