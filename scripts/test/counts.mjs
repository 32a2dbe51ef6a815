/**
 * Reads the runners' JSON reports into passed and failed. A skipped test counts as failed: a test that does not run
 * shows nothing. A runner that failed without a failing test (a file that does not load, say) counts as one failure.
 * @module
 */

/** @typedef {{ passed: number, failed: number, failures: string[] }} Counts */

/**
 * @param {{ testResults?: { name: string, status: string, message?: string,
 *   assertionResults: { fullName: string, status: string }[] }[] } | undefined} report Vitest's
 * @param {boolean} ok whether the runner exited with 0
 * @param {string} root what is cut off from the names of files
 * @param {boolean} [mayBeNone] whether a run without any test is a good one
 * @returns {Counts}
 */
export function countVitest(report, ok, root, mayBeNone = false) {
  const failures = [];
  let passed = 0;
  for (const file of report?.testResults ?? []) {
    const name = file.name.replace(`${root}/`, '');
    const before = failures.length;
    for (const test of file.assertionResults) {
      if (test.status === 'passed') passed += 1;
      else failures.push(`${name}: ${test.fullName}${test.status === 'failed' ? '' : ` (${test.status})`}`);
    }
    if (file.status === 'failed' && failures.length === before) failures.push(`${name}: did not run`);
  }
  return finish(passed, failures, ok, report !== undefined, mayBeNone);
}

/**
 * @typedef {{ title: string, file?: string, suites?: PlaywrightSuite[],
 *   specs?: { title: string, tests: { status: string }[] }[] }} PlaywrightSuite
 * @param {{ suites: PlaywrightSuite[], errors?: { message?: string }[] } | undefined} report Playwright's
 * @param {boolean} ok whether the runner exited with 0
 * @returns {Counts}
 */
export function countPlaywright(report, ok) {
  const failures = (report?.errors ?? []).map((error) => (error.message ?? 'error').split('\n')[0]);
  let passed = 0;
  /** @param {PlaywrightSuite} suite @param {string[]} titles */
  const walk = (suite, titles) => {
    const path = [...titles, suite.title];
    for (const spec of suite.specs ?? []) {
      for (const test of spec.tests) {
        if (test.status === 'expected') passed += 1;
        else failures.push(`${[...path, spec.title].join(' › ')} (${test.status})`);
      }
    }
    for (const inner of suite.suites ?? []) walk(inner, path);
  };
  for (const suite of report?.suites ?? []) walk(suite, []);
  return finish(passed, failures, ok, report !== undefined);
}

/**
 * @param {number} passed
 * @param {string[]} failures
 * @param {boolean} ok
 * @param {boolean} reported
 * @param {boolean} [mayBeNone]
 * @returns {Counts}
 */
function finish(passed, failures, ok, reported, mayBeNone = false) {
  if (!reported) failures.push('the runner left no report');
  else if (!ok && failures.length === 0) failures.push('the runner failed outside the tests');
  else if (passed === 0 && failures.length === 0 && !mayBeNone) failures.push('no test was found');
  return { passed, failed: failures.length, failures };
}
