/** A scheduler as a process of its own: prints one line of JSON when it listens, ends on SIGTERM. */
import { startScheduler } from '../../dist/entry/scheduler.node.js';
import { liveBytes } from './live-bytes.mjs';

const [dataDir, port, ...allowWebOrigins] = process.argv.slice(2);
const log = (level, event, fields) => {
  if (level === 'warn' || level === 'error') console.error(level, event, fields);
};
const scheduler = await startScheduler({ port: Number(port), dataDir, log, allowWebOrigins });
process.on('SIGTERM', () => void scheduler.close().then(() => process.exit(0)));
process.on('message', (question) => {
  if (question === 'memory') process.send({ memory: process.memoryUsage() });
  if (question === 'live bytes') process.send({ liveBytes: liveBytes() });
});
process.on('disconnect', () => process.exit(1));
console.log(
  JSON.stringify({ url: scheduler.url, port: scheduler.port, operatorToken: scheduler.operatorToken }),
);
