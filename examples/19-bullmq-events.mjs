// As in BullMQ's quick start: named jobs go to workers, and listeners are told which are done and which failed.
import { computeFor, init } from 'manyhands';

init({ local: true });
const queue = computeFor([{ name: 'paint', color: 'red' }, { name: 'paint' }], ({ name, color }) => {
  if (color === undefined) throw new Error('no colour is given');
  return `${name}ed it ${color}`;
});
queue.on('result', ({ sliceNumber, result }) => console.log(`${sliceNumber} has completed: ${result}`));
queue.on('error', ({ sliceNumber, error }) => console.log(`${sliceNumber} has failed: ${error.message}`));
await queue.exec().catch(({ info }) => console.log(`${info.failed} of 2 failed`));
