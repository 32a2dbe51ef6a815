// As in BullMQ's guide to retries: a job that fails is tried three times, and jobs are added while the queue is open.
import { computeFor, init } from 'manyhands';

init({ local: true });
const queue = computeFor(['mail to A'], (text) => {
  console.log(text);
  if (text.endsWith('B')) throw new Error('there is no such address');
  return `${text} was sent`;
});
queue.autoClose = false;
queue.limits = { attempts: 3 };
queue.on('console', ({ message, attempt }) => console.log(`attempt ${attempt}: ${message}`));
queue.on('result', ({ result }) => console.log(result));
await queue.deploy();
await queue.addSlices(['mail to B']);
await queue.close();
await queue
  .wait()
  .catch(({ info }) => console.log(`${info.failures[0].error.message}: ${info.failed} failed`));
