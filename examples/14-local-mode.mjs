// A job without a scheduler: it runs in threads of this process, and nothing leaves the machine.
import { computeFor } from 'manyhands';

function collatz(n) {
  let steps = 0;
  for (; n !== 1; steps++) n = n % 2 === 0 ? n / 2 : 3 * n + 1;
  return steps;
}

const job = computeFor({ start: 1, end: 10_000 }, collatz);
const steps = await job.localExec(2); // two threads
const longest = Math.max(...steps);
console.log(`the longest way to 1 has ${longest} steps and begins at ${steps.indexOf(longest) + 1}`);
