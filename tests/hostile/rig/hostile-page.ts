/**
 * A donor's page of the escape tests: the real worker of a browser, embedded by a site of its own. It measures how long
 * it stalls.
 * @module
 */
import { Worker } from '../../../src/entry/worker.browser.js';
import { followSandboxes, type Followed } from './follow-sandboxes.mjs';

export interface HostilePage extends Followed {
  /** Starts a worker; resolves when it has met its scheduler. */
  start(options: { scheduler: string; cores: number }): Promise<void>;
  stop(): Promise<void>;
  /** The longest time between two turns of the page since the last call, milliseconds. */
  longestStall(): number;
  warnings(): string[];
}

declare global {
  interface Window {
    hostilePage: HostilePage;
  }
}

let worker: Worker | undefined;
const warnings: string[] = [];
let followed: Followed | undefined;
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
    followed = followSandboxes(worker);
    await worker.start();
  },
  stop: async () => worker?.stop({ force: true }),
  longestStall: () => {
    const stall = longest;
    longest = 0;
    return stall;
  },
  warnings: () => warnings,
  ended: (jobId) => followed!.ended(jobId),
  isTriedOnce: (jobId) => followed!.isTriedOnce(jobId),
};
