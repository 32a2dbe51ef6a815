// Results in loops: all at once, in order, as they are complete, and only until one is found.
import { computeFor, map } from 'manyhands';

const isPrime = (n) => {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
  return n > 1;
};

console.log(await map([2, 4, 7, 9], isPrime)); // [ true, false, true, false ]

let n = 0;
for await (const prime of map({ start: 1, end: 20 }, isPrime)) {
  if (prime) console.log(n + 1, 'is prime');
  n++;
}

let count = 0;
for await (const { sliceNumber, error } of computeFor({ start: 1, end: 20 }, isPrime).asCompleted()) {
  if (error === undefined) count++;
  else console.log(`slice ${sliceNumber} failed: ${error.message}`);
}
console.log(`${count} slices are complete`);

const search = computeFor({ start: 1_000_000_000_000, end: 1_000_000_000_050 }, (n) => {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return undefined;
  return n;
});
console.log('a prime number:', await search.until((found) => found !== undefined));
