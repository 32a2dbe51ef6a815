// A job that stays open: slices are added while it runs, from here or from any other process of its owner.
import { addSlices, computeFor } from 'manyhands';

const job = computeFor(['red', 'green'], (colour) => colour.toUpperCase());
job.autoClose = false;

let seen = 0;
const five = new Promise((resolve) => {
  job.on('result', ({ result }) => {
    console.log(result);
    if (++seen === 5) resolve();
  });
});

const id = await job.deploy();
await addSlices(['blue', 'white'], id);
await job.addSlices(['black']);
await five;

await job.close();
const results = await job.wait();
console.log(`${results.length} slices in all`);
