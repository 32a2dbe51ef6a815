// WebAssembly modules as work functions: a plain function of numbers, and a command that reads its input and a file.
import { fileURLToPath } from 'node:url';
import { compute, computeFor } from 'manyhands';

const STEP = 10_000;
const primes = compute.for(0, 99_999, STEP, new URL('09-wasm/primes.wasm', import.meta.url), [STEP]);
primes.worktime = 'wasm';
const counts = await primes.exec();
console.log(`${counts.reduce((sum, n) => sum + n, 0)} primes below 100000`);

const words = computeFor(['sea', 'keeper', 'goat'], new URL('09-wasm/count.wasm', import.meta.url), [
  'lighthouse.txt',
]);
words.worktime = 'wasm';
words.wasm = { result: 'json' };
await words.fs.add(fileURLToPath(new URL('data/lighthouse.txt', import.meta.url)), 'lighthouse.txt');
words.on('console', ({ message }) => console.log('a worker says:', message));
console.log((await words.exec()).map(({ word, count }) => `${word} ${count}`).join(', '));
