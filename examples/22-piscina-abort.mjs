// As in Piscina's example of a task that is cancelled by an AbortSignal while it runs.
/* global progress -- what a work function sees */
import { computeFor, init } from 'manyhands';

init({ local: true });
const abort = new AbortController();
const job = computeFor([1], () => {
  progress(0.1);
  for (;;); // would never end
});
job.on('progress', () => abort.abort());
await job.exec({ signal: abort.signal }).catch((error) => console.log(`ended: ${error.code}`));
