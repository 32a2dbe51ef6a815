/**
 * A worker without a page in a process of its own, with a scheduler in another; jobs are deployed from this one.
 * @module
 */
import '../../e2e/rig/home.js';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { computeFor, init } from 'manyhands';
import { findChromium } from '../../../scripts/find-chromium.mjs';
import { startSchedulerProcess } from '../../e2e/rig/processes.js';
import { denoPath } from '../deno-rig.js';
import type { Donor } from './blasts.js';
import { memoryUnder } from './processes-memory.js';

const SCRIPT = fileURLToPath(new URL('headless-worker.mjs', import.meta.url));

/** What the worker lets one process have, and half a GiB that it takes until that is seen. */
const PROCESS_BYTES_MAX = { chromium: 2.5 * 2 ** 30, deno: 1.5 * 2 ** 30 };

export interface HeadlessRig extends Donor {
  /** Whether it is the process that was started, and lives. */
  isAlive(): boolean;
  close(): Promise<void>;
}

interface Answer {
  id: number;
  answer: unknown;
}

export async function openHeadlessRig(isolation: 'chromium' | 'deno'): Promise<HeadlessRig> {
  const folder = await mkdtemp(join(tmpdir(), 'manyhands-headless-'));
  const scheduler = await startSchedulerProcess(join(folder, 'scheduler'));
  init({ scheduler: scheduler.url });
  const env = {
    ...process.env,
    MANYHANDS_HOME: join(folder, 'home'),
    MANYHANDS_CHROMIUM: findChromium(),
    MANYHANDS_DENO: denoPath(),
  };
  const child = fork(SCRIPT, [isolation, scheduler.url], { env, execArgv: [] });
  const waiting = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
  const answerTo = (id: number): Promise<unknown> =>
    new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
  child.on('message', ({ id, answer }: Answer) => {
    waiting.get(id)?.resolve(answer);
    waiting.delete(id);
  });
  child.once('exit', (code, signal) => {
    for (const { reject } of waiting.values()) reject(new Error(`The worker ended: ${signal ?? code}`));
    waiting.clear();
  });
  let lastId = 0;
  const ask = <T>(what: string, jobId?: string): Promise<T> => {
    const id = ++lastId;
    const answer = answerTo(id) as Promise<T>;
    child.send({ id, what, jobId });
    return answer;
  };
  await answerTo(0);
  // A browser is started for the first sandbox: it is no part of what a bomb takes.
  await computeFor<number>([1, 2], '(x) => x').exec();
  return {
    bytesMax: PROCESS_BYTES_MAX[isolation],
    memory: () => memoryUnder((pid) => pid === child.pid),
    ended: (jobId) => ask('ended', jobId),
    isTriedOnce: (jobId) => ask('isTriedOnce', jobId),
    longestStall: () => ask('longestStall'),
    isAlive: () => child.exitCode === null && child.signalCode === null,
    close: async () => {
      if (child.connected) {
        const exited = once(child, 'exit');
        child.send({ id: 0, what: 'stop' });
        await exited;
      }
      await scheduler.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
