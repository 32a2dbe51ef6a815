// As in Dask's example of futures and as_completed: results are added as they are there, whichever is first.
import { computeFor, init } from 'manyhands';

init({ local: true });
const job = computeFor({ start: 1, end: 20 }, async (n) => {
  await new Promise((resolve) => setTimeout(resolve, 10 * (n % 3)));
  return n + 1;
});
let sum = 0;
for await (const { result } of job.asCompleted()) sum += result;
console.log(`the sum is ${sum}`);
