/**
 * Another program of the same owner: attaches to a job behind a cursor, waits for its end, and prints what it saw.
 * Arguments: the scheduler's address, the job's id, the cursor.
 * @module
 */
import { attach, init } from 'manyhands';

const [scheduler, jobId, after] = process.argv.slice(2);
init({ scheduler });
const job = await attach(jobId, { after: Number(after) });
const seen = [];
job.on('result', ({ sliceNumber, result }) => seen.push([sliceNumber, result]));
await job.wait();
console.log(JSON.stringify(seen));
process.exit(0);
