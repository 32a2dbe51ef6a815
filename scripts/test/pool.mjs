/**
 * Runs steps in their order, as many at once as the places allow, and never lets one step's crash hide the others.
 * @module
 */

/** Places for steps; a step takes one or two. */
const PLACES = 2;

/**
 * @typedef {import('./steps.mjs').Step} Step
 * @typedef {import('./steps.mjs').StepResult & { step: Step, durationMs: number, notRun?: true }} FinishedStep
 */

/**
 * @param {Step[]} steps
 * @param {import('./steps.mjs').Context} context
 * @param {(finished: FinishedStep) => void} report called as each one ends
 * @returns {Promise<FinishedStep[]>} in the order of `steps`
 */
export async function runSteps(steps, context, report) {
  /** @type {Map<string, FinishedStep>} */
  const finished = new Map();
  const waiting = [...steps];
  /** @type {Set<Promise<void>>} */
  const running = new Set();
  let taken = 0;

  const start = (/** @type {Step} */ step) => {
    taken += step.weight;
    const run = runStep(step, context).then((result) => {
      taken -= step.weight;
      running.delete(run);
      finished.set(step.name, result);
      report(result);
    });
    running.add(run);
  };

  while (waiting.length > 0 || running.size > 0) {
    // Only the head may start: a heavy step is not overtaken for ever by light ones, and the order stays readable.
    while (
      waiting.length > 0 &&
      taken + waiting[0].weight <= PLACES &&
      isReady(waiting[0], steps, finished)
    ) {
      const step = waiting.shift();
      const missing = step.needs.filter((name) => (finished.get(name)?.failed ?? 0) > 0);
      if (missing.length === 0) start(step);
      else {
        finished.set(step.name, notRun(step, missing));
        report(notRun(step, missing));
      }
    }
    if (running.size > 0) await Promise.race(running);
  }
  return steps.map((step) => finished.get(step.name));
}

/**
 * Whether all that it needs has ended; what was not picked is taken to be there.
 * @param {Step} step
 * @param {Step[]} steps
 * @param {Map<string, FinishedStep>} finished
 */
function isReady(step, steps, finished) {
  return step.needs.every((name) => finished.has(name) || !steps.some((other) => other.name === name));
}

/**
 * @param {Step} step
 * @param {import('./steps.mjs').Context} context
 * @returns {Promise<FinishedStep>}
 */
async function runStep(step, context) {
  const startedAt = performance.now();
  try {
    const result = await step.run(context);
    return { ...result, step, durationMs: performance.now() - startedAt };
  } catch (error) {
    const output = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const failures = [`${step.title}: the step crashed`];
    return { passed: 0, failed: 1, failures, output, step, durationMs: performance.now() - startedAt };
  }
}

/**
 * @param {Step} step
 * @param {string[]} missing
 * @returns {FinishedStep}
 */
function notRun(step, missing) {
  const text = `${step.title}: not run, because ${missing.join(', ')} failed`;
  return { passed: 0, failed: 1, failures: [text], output: text, step, durationMs: 0, notRun: true };
}
