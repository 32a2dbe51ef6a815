// As in DCP's first example: compute.for over a range, progress, a name for donors, and events.
/* global progress -- what a work function sees */
import { compute, init } from 'manyhands';

init({ local: true });
const job = compute.for(1, 10, (n) => {
  progress('100%');
  return n * 10;
});
job.public.name = 'a first job';
job.on('readystatechange', (state) => console.log(state));
job.on('result', ({ sliceNumber, result }) => console.log(sliceNumber, result));
const results = await job.exec();
console.log(Array.from(results).join(' '));
