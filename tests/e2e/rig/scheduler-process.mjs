/**
 * A scheduler as a process of its own, as `manyhands scheduler` runs it; prints one line of JSON when it listens.
 * Its data folder is the first argument, its port the second (0, or none, takes a free one); the others are origins of sites
 * whose pages may use it.
 * @module
 */
import { startScheduler } from 'manyhands/scheduler';

const [dataDir, port = '0', ...origins] = process.argv.slice(2);
const scheduler = await startScheduler({
  port: Number(port),
  dataDir,
  allowWebOrigins: origins,
});
console.log(JSON.stringify({ url: scheduler.url }));
process.on('SIGTERM', () => {
  void scheduler.close().then(() => process.exit(0));
});
