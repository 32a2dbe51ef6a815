/**
 * What the test command shows: a line for a step that passed, everything for one that failed, the sum at the end.
 * @module
 */

/** @typedef {import('./pool.mjs').FinishedStep} FinishedStep */

const FAILURES_SHOWN_MAX = 60;
const NAME_WIDTH = 14;

/** @param {FinishedStep} finished */
export function printStep(finished) {
  const { step, passed, failed, durationMs, output } = finished;
  if (finished.notRun) {
    console.log(`✘ ${step.name.padEnd(NAME_WIDTH)} ${output}`);
    return;
  }
  const sum = failed === 0 ? `${passed} passed` : `${passed} passed, ${failed} failed`;
  console.log(
    `${failed === 0 ? '✔' : '✘'} ${step.name.padEnd(NAME_WIDTH)} ${step.title} (${sum}, ${seconds(durationMs)})`,
  );
  if (failed === 0) return;
  const rule = '─'.repeat(80);
  console.log(`${rule}\n${output.trim() || '(it printed nothing)'}\n${rule}`);
}

/**
 * @param {FinishedStep[]} results
 * @param {number} durationMs of the whole
 * @returns {number} how many failed
 */
export function printSummary(results, durationMs) {
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const failed = results.reduce((sum, result) => sum + result.failed, 0);
  const failures = results.flatMap((result) =>
    result.failures.map((text) => `  ${result.step.name}: ${text}`),
  );
  if (failures.length > 0) {
    console.log(`\nFailed:\n${failures.slice(0, FAILURES_SHOWN_MAX).join('\n')}`);
    if (failures.length > FAILURES_SHOWN_MAX)
      console.log(`  … and ${failures.length - FAILURES_SHOWN_MAX} more`);
  }
  console.log(`\nAll in ${seconds(durationMs)}.`);
  console.log(`${passed} passed, ${failed} failed`);
  return failed;
}

/** @param {number} ms */
function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}
