/** A bare worker thread of Node, or a bare Worker in Deno, that runs the kernels without a sandbox. */
/* global Deno, self, Worker, TextDecoderStream */
import { KERNELS } from './kernels.mjs';

const run = (0, eval)(KERNELS);

if (typeof Deno === 'undefined') {
  const { parentPort } = await import('node:worker_threads');
  parentPort.on('message', (datum) => parentPort.postMessage(run(datum)));
} else if (self.name !== 'kernels') {
  const worker = new Worker(import.meta.url, { type: 'module', name: 'kernels' });
  worker.onmessage = ({ data }) => console.log(JSON.stringify(data));
  let rest = '';
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const line of lines) worker.postMessage(JSON.parse(line));
  }
} else {
  self.onmessage = ({ data }) => self.postMessage(run(data));
}
