/** The baseline of bench/efficiency: the same work function in a bare loop, in one thread. */
import { parentPort, workerData } from 'node:worker_threads';

const { source, args, from, to } = workerData;
const work = (0, eval)(`(${source})`);
parentPort.once('message', async () => {
  let sum = 0;
  for (let i = from; i < to; i++) sum += work(i, ...args);
  parentPort.postMessage(sum);
});
parentPort.postMessage('ready');
