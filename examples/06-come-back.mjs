// Deploy a job and forget it; come back later, in another process or on another day, and go on from where you were.
import { attach, computeFor, fetchResults } from 'manyhands';

const deployed = computeFor({ start: 1, end: 1000 }, (x) => x % 7);
const id = await deployed.deploy();
console.log('deployed', id.length, 'characters of id');

// Elsewhere: only the id is needed, and the same identity.
const job = await attach(id);
const results = await job.wait();
console.log(`${results.length} results, the cursor is behind all of them:`, job.cursor > 0);

const some = await fetchResults(id, [5, 8]);
console.log(some.map(({ slice, value }) => `${slice}:${value}`).join(' '));
