/**
 * What making small buffers costs under a sandbox's quota, as a ratio to the same before it was there, in one realm of
 * Node. `node bench/small-arrays.mjs`.
 */
import { limitBuffers } from '../dist/worktimes/buffer-quota.js';
import { Quota, RESERVE_BYTES } from '../dist/worktimes/quota.js';

const TIMES = 200_000;
const ROUNDS = 5;
const LIMIT_BYTES = 2 ** 30;
const CASES = [
  'new Float64Array(3)',
  'new Float64Array(16)',
  'new Float64Array(1000)',
  'new Float64Array([1, 2, i])',
  'new Float64Array(three)',
  'new Float64Array(three.buffer, 8, 1)',
  'three.subarray(1)',
  'three.slice()',
  'three.map((x) => x + 1)',
  'new ArrayBuffer(24)',
];

const native = CASES.map((code) => nanoseconds(code, 'native'));
limitBuffers(globalThis, new Quota(LIMIT_BYTES, 'Buffers', RESERVE_BYTES));
// In its second turn the quota has made itself ready for a job.
await new Promise((resolve) => setTimeout(resolve));
const limited = CASES.map((code) => nanoseconds(code, 'limited'));
for (const [i, code] of CASES.entries()) {
  const ratio = (limited[i] / native[i]).toFixed(1);
  console.log(
    `${code.padEnd(38)} ${native[i].toFixed(0)} ns, limited ${limited[i].toFixed(0)} ns: ${ratio} times`,
  );
}

/** The best of some rounds; the loop is compiled anew for each, so that none profits from another. */
function nanoseconds(code, what) {
  const text = `let sum = 0; for (let i = 0; i < times; i++) sum += (${code}).byteLength; return sum; // ${what}`;
  const loop = new Function('times', 'three', text);
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const three = new Float64Array(3);
    const startedMs = performance.now();
    loop(TIMES, three);
    best = Math.min(best, ((performance.now() - startedMs) / TIMES) * 1e6);
  }
  return best;
}
