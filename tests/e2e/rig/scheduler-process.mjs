/**
 * A scheduler as a process of its own, as `manyhands scheduler` runs it; prints one line of JSON when it listens.
 * Its data folder is the first argument, its port the second; 0, or none, takes a free one.
 * @module
 */
import { startScheduler } from 'manyhands/scheduler';

const scheduler = await startScheduler({ port: Number(process.argv[3] ?? 0), dataDir: process.argv[2] });
console.log(JSON.stringify({ url: scheduler.url }));
process.on('SIGTERM', () => {
  void scheduler.close().then(() => process.exit(0));
});
