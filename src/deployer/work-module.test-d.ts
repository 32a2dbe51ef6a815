/**
 * Types of jobs whose work function is a module by URL.
 * @module
 */
import type { ComputeFor } from './compute-types.js';
import type { Job } from './job/job.js';

declare const computeFor: ComputeFor;
declare const url: URL;

interface Plain {
  default: (n: number) => Promise<string>;
}
interface WithArguments {
  default: (word: string, k: number) => { length: number };
}

computeFor<Plain>([1, 2], url) satisfies Job<string>;
computeFor<WithArguments>(['a'], url, [2]) satisfies Job<{ length: number }>;
computeFor<number>([1], url) satisfies Job<number>;
computeFor([1], url) satisfies Job<unknown>;
// @ts-expect-error The data are numbers.
computeFor<Plain>(['a'], url);
// @ts-expect-error The work function takes an argument.
computeFor<WithArguments>(['a'], url);
// @ts-expect-error The result is text.
computeFor<Plain>([1], url) satisfies Job<number>;
