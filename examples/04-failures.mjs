// An exception of a work function reaches the deployer with its type and message; the other slices keep their results.
import { computeFor, isError } from 'manyhands';

const job = computeFor([1, 4, -9, 16], (x) => {
  if (x < 0) throw new RangeError(`${x} has no real root`);
  return Math.sqrt(x);
});

try {
  await job.exec();
} catch (error) {
  if (!isError(error, 'SLICES_FAILED')) throw error;
  const { failed, failures, results } = error.info;
  console.log(`${failed} slice failed`);
  for (const { sliceNumber, error } of failures)
    console.log(`slice ${sliceNumber}: ${error.name}: ${error.message}`);
  results.forEach((root, i) => console.log(`slice ${i + 1}: ${root}`));
}
