/** A process that deploys one job of so many slices and follows it: `deployer.mjs <url> <slices>`. */
import { computeFor, init } from '../../dist/entry/deployer.node.js';

const [url, slices] = process.argv.slice(2);
init({ scheduler: url });
const job = computeFor(Number(slices), (x) => x);
let results = 0;
job.on('result', () => (results += 1));
job.on('accepted', () => process.send({ isAccepted: true }));
process.on('message', () => process.send({ results }));
process.on('disconnect', () => process.exit());
await job.exec();
