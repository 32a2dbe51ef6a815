/**
 * A worker without a page, as `manyhands worker` runs it, in a process of its own; its isolation is the first argument,
 * its scheduler the second. Its parent asks it what it has seen.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Worker } from 'manyhands/worker';

const NANOSECONDS = 1e6;

const [, , isolation, scheduler] = process.argv;
const begunMs = new Map();
const ended = [];
const tried = new Set();
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();

const worker = new Worker({ isolation, scheduler, cores: 2 });
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

const answers = {
  ended: (jobId) => ended.filter((one) => one.jobId === jobId).map(({ ms }) => ms),
  isTriedOnce: (jobId) => tried.has(jobId),
  longestStall: () => {
    const ms = delay.max / NANOSECONDS;
    delay.reset();
    return ms;
  },
};
process.on('message', async ({ id, what, jobId }) => {
  if (what !== 'stop') return process.send({ id, answer: answers[what](jobId) });
  await worker.stop({ force: true });
  process.disconnect();
});

await worker.start();
process.send({ id: 0, answer: true });
