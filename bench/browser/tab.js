/**
 * The tab of bench/browser: a worker of manyhands with two sandboxes, and the peer: bare Web Workers that run the same
 * function in a loop, with nothing around it.
 */
import { Worker as ComputeWorker } from '../../dist/entry/worker.browser.js';

let lent;

/** Runs `from` to `to - 1` in each of two Web Workers; returns the milliseconds until both have ended. */
async function bareLoop(kind, source, slices, args) {
  const half = Math.ceil(slices / 2);
  const workers = [0, 1].map((t) => {
    const worker = new Worker(`/bare-${kind}.js`, { type: 'module' });
    worker.postMessage({ source, args, from: t * half, to: Math.min(slices, (t + 1) * half) });
    return worker;
  });
  const next = (worker) =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => reject(new Error(event.message));
    });
  await Promise.all(workers.map(next));
  const started = performance.now();
  const done = workers.map(next);
  for (const worker of workers) worker.postMessage('go');
  await Promise.all(done);
  const ms = performance.now() - started;
  for (const worker of workers) worker.terminate();
  return ms;
}

window.tab = {
  bareLoop,
  async lend(scheduler) {
    lent = new ComputeWorker({ scheduler, cores: 2 });
    lent.on('error', ({ error }) => console.error(error.message));
    lent.on('warning', ({ error }) => console.error(error.message));
    await lent.start();
  },
  stop: () => lent.stop(),
};
