/**
 * A scheduler as a process of its own, as `manyhands scheduler` runs it; prints one line of JSON when it listens.
 * Its data folder is the first argument.
 * @module
 */
import { startScheduler } from 'manyhands/scheduler';

const scheduler = await startScheduler({ port: 0, dataDir: process.argv[2] });
console.log(JSON.stringify({ url: scheduler.url }));
process.on('SIGTERM', () => {
  void scheduler.close().then(() => process.exit(0));
});
