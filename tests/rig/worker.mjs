/** A worker as a process of its own: prints one line of JSON when it is started, ends on SIGTERM. */
import { Worker } from '../../dist/entry/worker.node.js';

const [scheduler, cores, ...allowOrigins] = process.argv.slice(2);
const worker = new Worker({ scheduler, isolation: 'thread', cores: Number(cores), allowOrigins });
worker.on('error', ({ error }) => console.error('error', error.message));
await worker.start();
process.on('SIGTERM', () => void worker.stop({ force: true }).then(() => process.exit(0)));
process.on('disconnect', () => process.exit(1));
console.log(JSON.stringify({ started: true }));
