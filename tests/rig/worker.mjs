/** A worker as a process of its own, with the options that it is given as JSON: prints one line of JSON when it is started, ends on SIGTERM. */
import { Worker } from '../../dist/entry/worker.node.js';
import { liveBytes } from './live-bytes.mjs';

const worker = new Worker({ isolation: 'thread', ...JSON.parse(process.argv[2]) });
worker.on('error', ({ error }) => console.error('error', error.message));
await worker.start();
process.on('SIGTERM', () => void worker.stop({ force: true }).then(() => process.exit(0)));
process.on('message', (question) => {
  if (question === 'live bytes') process.send({ liveBytes: liveBytes() });
});
process.on('disconnect', () => process.exit(1));
console.log(JSON.stringify({ started: true }));
