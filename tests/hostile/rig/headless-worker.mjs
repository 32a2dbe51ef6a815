/**
 * A worker without a page, as `manyhands worker` runs it, in a process of its own; its isolation is the first argument,
 * its scheduler the second. Its parent asks it what it has seen.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Worker } from 'manyhands/worker';
import { followSandboxes } from './follow-sandboxes.mjs';

const NANOSECONDS = 1e6;

const [, , isolation, scheduler] = process.argv;
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();

const worker = new Worker({ isolation, scheduler, cores: 2 });
const answers = {
  ...followSandboxes(worker),
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
