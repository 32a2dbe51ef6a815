/**
 * The test command: every check and every test, one line for each step that passes, all of a step that fails, and
 * `N passed, N failed` as the last line. `--deep` adds the `*.deep.test.ts` files, `--quick` is for work at the desk,
 * `--only a,b` picks steps.
 * @module
 */
import { existsSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArguments, USAGE } from './test/arguments.mjs';
import { printStep, printSummary } from './test/print.mjs';
import { stopProcesses } from './test/process.mjs';
import { runSteps } from './test/pool.mjs';
import { pickSteps, QUICK_STEPS, STEPS } from './test/steps.mjs';

const options = parseArguments(
  process.argv.slice(2),
  STEPS.map((step) => step.name),
);
if (options.help) {
  console.log(USAGE);
  process.exit(0);
}
if (options.error !== undefined) {
  console.error(`${options.error}\n\n${USAGE}`);
  process.exit(2);
}
if (!existsSync('node_modules')) {
  console.error('The dependencies are not installed: run `npm ci` first.\n0 passed, 1 failed');
  process.exit(1);
}

const reports = await mkdtemp(join(tmpdir(), 'manyhands-test-'));
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    stopProcesses();
    rmSync(reports, { recursive: true, force: true });
    process.exit(signal === 'SIGINT' ? 130 : 143);
  });
}

const startedAt = performance.now();
try {
  const steps = options.quick ? QUICK_STEPS : pickSteps(options.only, options.deep);
  const results = await runSteps(steps, { reports, deep: options.deep }, printStep);
  const failed = printSummary(results, performance.now() - startedAt);
  process.exitCode = failed > 0 ? 1 : 0;
} finally {
  stopProcesses();
  await rm(reports, { recursive: true, force: true });
}
