/** A job in Python: each line is a slice, work.py is its work function. */
import { readFileSync } from 'node:fs';
import { computeFor, init } from 'manyhands';

// In threads of this program. Without this line: by the workers of the scheduler at MANYHANDS_SCHEDULER.
init({ local: true });

const lines = ['the sea and the lamp', 'lamp after lamp after lamp'];
const job = computeFor(lines, readFileSync(new URL('work.py', import.meta.url), 'utf8'));
job.worktime = 'pyodide';
job.public.name = 'Most common words';

for (const [word, times] of await job.exec()) console.log(`${word}: ${times} times`);
