/** A page that deploys a job to the scheduler of `npm run scheduler`. Workers compute it: `npm run worker`, or other tabs. */
import { computeFor, init } from 'manyhands';

init({ scheduler: 'http://localhost:8462' });

const results = document.getElementById('results');

document.getElementById('start').addEventListener('click', async () => {
  results.textContent = '…';
  try {
    const job = computeFor({ start: 1, end: 9 }, (x) => x * x);
    job.public.name = 'Squares';
    results.textContent = [...(await job.exec())].join(', ');
  } catch (error) {
    results.textContent = error.message;
  }
});
