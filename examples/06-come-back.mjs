// Deploy a job and end the program; attach to it later from another process, and continue where you were.
import { attach, computeFor, fetchResults } from 'manyhands';

const deployed = computeFor({ start: 1, end: 1000 }, (x) => x % 7);
const id = await deployed.deploy();
console.log('deployed', id.length, 'characters of id');

// In another process only the id and the same identity are needed.
const job = await attach(id);
const results = await job.wait();
console.log(`${results.length} results, the cursor is behind all of them:`, job.cursor > 0);

const some = await fetchResults(id, [5, 8]);
console.log(some.map(({ slice, value }) => `${slice}:${value}`).join(' '));
