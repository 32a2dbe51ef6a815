/**
 * A bomb as a real job beside another job, wherever its donor is: what became of it, what it took, and whether the
 * other job has all its results.
 * @module
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { expect } from 'vitest';
import { computeFor, isError } from 'manyhands';
import type { Bomb } from '../bombs.js';

export const LIMIT_MS = 3_000;
/** A limit is kept within this, for each attempt. */
const SLACK_MS = 2_000;
const ATTEMPTS = 3;
const STALL_MS_MAX = 100;
const NEIGHBOURS = 150;
/** A slice that throws runs again elsewhere, while the first sandbox may still hold what it took. */
const SANDBOXES_AT_ONCE = 2;
const MIB = 2 ** 20;
/** How a slice ends that did not end by itself. */
const CUT = ['SLICE_TIMEOUT', 'SANDBOX_CRASHED', 'NO_PROGRESS'];

/** Who runs the bomb. */
export interface Donor {
  /** Bytes that one sandbox may grow it by, where something outside of the sandbox bounds it: in a tab nothing does. */
  readonly bytesMax?: number;
  /** Bytes of memory that all its processes hold. */
  memory(): Promise<number>;
  /** How long sandboxes were at work on their last slice of this job, milliseconds; those that ended. */
  ended(jobId: string): Promise<number[]>;
  /** Whether the scheduler has taken an outcome of this job, or a sandbox of its ended. */
  isTriedOnce(jobId: string): Promise<boolean>;
  /** The longest time between two turns of its supervisor since the last call, milliseconds. */
  longestStall(): Promise<number>;
  /** The same of something that has nothing to do with it, where there is such. */
  bystander?: { reset(): Promise<void>; longestStall(): Promise<number> };
}

interface Blast {
  ended: string;
  /** In the words of what stopped it. */
  why: string;
  /** From the job's deployment to its end, all attempts together. */
  ms: number;
  /** The longest life of a sandbox that was ended for it. */
  attemptMs: number;
  /** What the browser grew by, in the first attempt and in all. */
  firstBytes: number;
  bytes: number;
}

/** Lets it go off beside another job, and expects that it is stopped; answers a line for people. */
export async function expectStopped(donor: Donor, bomb: Bomb): Promise<string> {
  const neighbour = computeFor<number>(
    Array.from({ length: NEIGHBOURS }, (_, i) => i),
    '(x) => { const end = performance.now() + 20; while (performance.now() < end); return x * 2; }',
  ).exec();
  // What this machine does to processes that have nothing to do with the bomb is not held against the donor's.
  const machine = monitorEventLoopDelay({ resolution: 5 });
  machine.enable();
  await donor.bystander?.reset();
  await donor.longestStall();
  const { ended, why, ms, attemptMs, firstBytes, bytes } = await explode(donor, bomb);
  const stall = await donor.longestStall();
  const results = [...(await neighbour)];
  machine.disable();
  const late = Math.max(machine.max / 1e6, (await donor.bystander?.longestStall()) ?? 0);
  const bytesMax = bomb.bytesMax ?? donor.bytesMax;
  const cap = bytesMax === undefined ? 'none' : `${bytesMax / MIB} MiB`;
  const line =
    `${bomb.id}: ${ended} after ${ms.toFixed(0)} ms (an attempt ${attemptMs.toFixed(0)} ms); ` +
    `${(firstBytes / MIB).toFixed(0)} MiB, all attempts ${(bytes / MIB).toFixed(0)} MiB, may be ${cap}; ` +
    `stall ${stall.toFixed(0)} ms (machine ${late.toFixed(0)} ms); ${why}`;
  expect(results).toEqual(Array.from({ length: NEIGHBOURS }, (_, i) => i * 2));
  expect(bomb.ends, line).toContain(ended);
  // A sandbox whose slice threw lives on, and ends when it is wanted no more.
  if (CUT.includes(ended)) expect(attemptMs, line).toBeLessThan(LIMIT_MS + SLACK_MS + late);
  expect(ms, line).toBeLessThan(ATTEMPTS * (LIMIT_MS + SLACK_MS) + SLACK_MS + late);
  expect(stall, line).toBeLessThan(STALL_MS_MAX + late);
  if (bytesMax === undefined) return line;
  expect(firstBytes, line).toBeLessThan(bytesMax);
  expect(bytes, line).toBeLessThan(SANDBOXES_AT_ONCE * bytesMax);
  return line;
}

async function explode(donor: Donor, { source }: Bomb): Promise<Blast> {
  const before = await donor.memory();
  const job = computeFor<unknown>([1], source);
  job.limits = { sliceTimeoutMs: LIMIT_MS };
  let [bytes, firstBytes] = [0, 0];
  let going = true;
  const watch = (async () => {
    while (going) {
      const now = (await donor.memory()) - before;
      bytes = Math.max(bytes, now);
      const tried = job.id !== undefined && (await donor.isTriedOnce(job.id));
      if (!tried) firstBytes = Math.max(firstBytes, now);
    }
  })();
  const startedMs = performance.now();
  const [ended, why] = await job.exec().then(
    () => ['a result', ''] as const,
    (error: unknown) => {
      if (!isError(error, 'SLICES_FAILED')) return ['another error', String(error)] as const;
      const { error: cause } = error.info.failures[0]!;
      return [(cause as { code?: string }).code ?? cause.name, cause.message] as const;
    },
  );
  const ms = performance.now() - startedMs;
  going = false;
  await watch;
  const attemptMs = Math.max(0, ...(await donor.ended(job.id)));
  return { ended, why, ms, attemptMs, firstBytes, bytes };
}
