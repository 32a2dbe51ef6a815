// Input from an async generator, read only as fast as it is sent; results are handled as they arrive, and none is kept.
import { computeFor } from 'manyhands';

async function* readings() {
  for (let hour = 0; hour < 10_000; hour++) {
    yield { hour, level: Math.sin(hour / 100) };
  }
}

const job = computeFor(readings(), ({ hour, level }) => (level > 0.9999 ? hour : undefined));
job.collateResults = false;

const peaks = [];
let seen = 0;
job.on('result', ({ result }) => {
  seen++;
  if (result !== undefined) peaks.push(result);
});

await job.exec();
console.log(`${seen} readings, ${peaks.length} of them at high tide`);
