/**
 * Whether something grew over a run: its median in the run's second quarter, when everything is warm, against that in
 * the last quarter. Each figure has a bound of its own, because each is noisy in its own way.
 */

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length === 0) return NaN;
  return Number.isInteger(middle) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[Math.floor(middle)];
}

/** The samples of the run's second and last quarter. @template T @param {readonly T[]} samples */
export function quarters(samples) {
  const at = (part) => Math.floor(samples.length * part);
  return { early: samples.slice(at(0.25), at(0.5)), late: samples.slice(at(0.75)) };
}

/**
 * @param {number} early its value in the second quarter
 * @param {number} late its value in the last quarter
 * @param {{ part: number, floor: number }} bound what it may gain: that part of what it was, and that much besides
 */
export function hasGrown(early, late, { part, floor }) {
  // A figure that could not be measured must not count as constant.
  return !(late <= early * (1 + part) + floor);
}
