/**
 * A donor's page of the escape tests: the real worker of a browser, embedded by a site of its own. It measures how long
 * it stalls.
 * @module
 */
import { Worker } from '../../../src/entry/worker.browser.js';

export interface HostilePage {
  /** Starts a worker; resolves when it has met its scheduler. */
  start(options: { scheduler: string; cores: number }): Promise<void>;
  stop(): Promise<void>;
  /** The longest time between two turns of the page since the last call, milliseconds. */
  longestStall(): number;
  warnings(): string[];
  /** How long sandboxes were at work on their last slice of this job, milliseconds; those that ended. */
  ended(jobId: string): number[];
  /** Whether the scheduler has taken an outcome of this job, or a sandbox of its ended. */
  isTriedOnce(jobId: string): boolean;
}

declare global {
  interface Window {
    hostilePage: HostilePage;
  }
}

let worker: Worker | undefined;
const warnings: string[] = [];
const begunMs = new Map<number, number>();
const ended: { jobId: string; ms: number }[] = [];
const tried = new Set<string>();
let longest = 0;
let last = performance.now();
const { port1, port2 } = new MessageChannel();

/** Turns follow one another as fast as the page is free to take them. */
port1.onmessage = () => {
  const now = performance.now();
  longest = Math.max(longest, now - last);
  last = now;
  setTimeout(() => port2.postMessage(0), 4);
};
port2.postMessage(0);

window.hostilePage = {
  async start(options) {
    worker = new Worker(options);
    worker.on('warning', ({ error }) => warnings.push(error.message));
    worker.on('slice', ({ sandbox }) => begunMs.set(sandbox, performance.now()));
    worker.on('result', ({ jobId }) => tried.add(jobId));
    worker.on('sandbox', ({ sandbox, jobId, state }) => {
      // One that ends while it starts was at work on nothing.
      if (state === 'opening') begunMs.delete(sandbox);
      if (state === 'ready') begunMs.set(sandbox, performance.now());
      if (state !== 'ended') return;
      tried.add(jobId);
      ended.push({ jobId, ms: performance.now() - (begunMs.get(sandbox) ?? performance.now()) });
    });
    await worker.start();
  },
  stop: async () => worker?.stop({ force: true }),
  longestStall: () => {
    const stall = longest;
    longest = 0;
    return stall;
  },
  warnings: () => warnings,
  ended: (jobId) => ended.filter((one) => one.jobId === jobId).map(({ ms }) => ms),
  isTriedOnce: (jobId) => tried.has(jobId),
};
