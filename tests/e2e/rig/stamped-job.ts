/**
 * A job whose results tell when they were computed, so that a test can say what was computed during a gap.
 * @module
 */
import type { Page } from '@playwright/test';
import { computeFor, init, type Job } from 'manyhands';

/** A slice of so many milliseconds that tells when it ended. */
const STAMP = `(x, ms) => {
  const end = performance.now() + ms;
  while (performance.now() < end) progress();
  return performance.timeOrigin + performance.now();
}`;

export interface StampedJob {
  job: Job<number>;
  /** Slice numbers in the order in which their results came. */
  numbers: number[];
  /** When each of those slices ended, milliseconds since 1970. */
  ends: number[];
}

/** Deploys `count` slices of so many milliseconds each. */
export async function deployStamped(scheduler: string, count: number, ms: number): Promise<StampedJob> {
  init({ scheduler });
  const job = computeFor<number>(
    Array.from({ length: count }, (_, i) => i),
    STAMP,
    [ms],
  );
  job.public.name = 'Through a gap';
  const watched: StampedJob = { job, numbers: [], ends: [] };
  job.on('result', ({ sliceNumber, result }) => {
    watched.numbers.push(sliceNumber);
    watched.ends.push(result);
  });
  await job.deploy();
  return watched;
}

export const upTo = (n: number): number[] => Array.from({ length: n }, (_, index) => index + 1);

export const sorted = (numbers: readonly number[]): number[] => numbers.toSorted((a, b) => a - b);

/** What a donor's page says that it has done. */
export async function slicesDone(page: Page): Promise<number> {
  return Number(((await page.locator('#slices').textContent()) ?? '').replaceAll(',', ''));
}
