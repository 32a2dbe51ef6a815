// As in Ray's example of a Monte Carlo estimate of π: many tasks draw points, and report their progress.
/* global progress -- what a work function sees */
import { computeFor, init } from 'manyhands';

init({ local: true });
const POINTS = 1_000_000;
const job = computeFor(
  8,
  (_, points) => {
    let inside = 0;
    for (let i = 1; i <= points; i++) {
      if (Math.hypot(Math.random(), Math.random()) <= 1) inside++;
      if (i % 250_000 === 0) progress(i / points);
    }
    return inside;
  },
  [POINTS],
);
job.on('progress', ({ sliceNumber, progress }) => console.log(`task ${sliceNumber}: ${progress * 100} %`));
const inside = (await job.exec()).reduce((sum, n) => sum + n);
console.log(`π is about ${((4 * inside) / (8 * POINTS)).toFixed(1)}`);
