/**
 * The steps of the test command, in their order. `weight` is how many of the two places a step takes: checks share the
 * machine, tests that measure time have it alone. `needs` names steps without whose success it cannot run.
 * @module
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { browserStep } from './browser-step.mjs';
import { countPlaywright, countVitest } from './counts.mjs';
import { runBin, runProcess } from './process.mjs';

/**
 * @typedef {{ reports: string, deep: boolean }} Context
 * @typedef {import('./counts.mjs').Counts & { output: string }} StepResult
 * @typedef {{ name: string, title: string, weight: 1 | 2, needs: string[], isDeep?: boolean,
 *   run: (context: Context) => Promise<StepResult> }} Step
 */

const MINUTE_MS = 60_000;

const architecture = check('architecture', 'Architecture (dependency-cruiser)', () =>
  runBin(
    'depcruise',
    ['--config', '.dependency-cruiser.cjs', '--output-type', 'err-long', 'src', 'web-worker-demo'],
    {
      timeoutMs: 3 * MINUTE_MS,
    },
  ),
);

/** @type {Step[]} */
export const STEPS = [
  check('build', 'Build dist/', () =>
    runProcess(process.execPath, ['scripts/build.mjs', '--quiet'], { timeoutMs: 3 * MINUTE_MS }),
  ),
  browserStep,
  check('format', 'Formatting (prettier)', () =>
    runBin('prettier', ['--check', '--log-level', 'warn', '.'], { timeoutMs: 3 * MINUTE_MS }),
  ),
  check('types', 'Types (tsc)', () => runBin('tsc', ['--noEmit', '-p', '.'], { timeoutMs: 5 * MINUTE_MS })),
  check('lint', 'Lint (eslint)', () =>
    runBin('eslint', ['.', '--max-warnings', '0'], { timeoutMs: 6 * MINUTE_MS }),
  ),
  architecture,
  vitest('tidy', 'Tidy: the rules of the house', { weight: 1 }),
  vitest('unit', 'Unit tests', { project: 'unit*' }),
  vitest('contract', 'Contract suites'),
  vitest('vectors', 'Golden vectors'),
  vitest('hostile', 'Hostile peers', { needs: ['build'] }),
  vitest('sim', 'Simulation'),
  vitest('integration', 'Real processes', { needs: ['build'] }),
  vitest('examples', 'Examples', { needs: ['build'] }),
  vitest('package', 'The packed package', { needs: ['build'] }),
  vitest('browser-suites', 'Sandboxes in a browser', {
    project: 'browser',
    needs: ['build', 'browser'],
  }),
  {
    name: 'e2e',
    title: 'End to end (Chromium)',
    weight: 2,
    needs: ['build', 'browser'],
    run: runPlaywright,
  },
  {
    ...check('mutation', 'Tests notice changes of the code (Stryker)', () =>
      runProcess(process.execPath, ['scripts/mutation.mjs'], { timeoutMs: 90 * MINUTE_MS }),
    ),
    weight: 2,
    isDeep: true,
  },
];

/**
 * @param {string[]} [names] all steps where it is missing; those that take long (`isDeep`) only with `deep`
 * @param {boolean} [deep]
 * @returns {Step[]} in their order, with the browser where one of them needs it
 */
export function pickSteps(names, deep = false) {
  if (names === undefined) return STEPS.filter((step) => deep || step.isDeep !== true);
  const needsBrowser = STEPS.some((step) => names.includes(step.name) && step.needs.includes('browser'));
  return STEPS.filter((step) => names.includes(step.name) || (needsBrowser && step.name === 'browser'));
}

/**
 * The steps for work at the desk: the checks, and the unit tests that reach what was changed.
 * @type {Step[]}
 */
export const QUICK_STEPS = [
  check('format', 'Formatting (prettier)', () =>
    runBin('prettier', ['--check', '--cache', '--log-level', 'warn', '.'], { timeoutMs: 3 * MINUTE_MS }),
  ),
  check('types', 'Types (tsc)', () => runTypes('tsconfig.json')),
  check('declarations', 'Declarations of the library (tsc)', () => runTypes('tsconfig.build.json')),
  architecture,
  check('lint', 'Lint (eslint)', () => {
    const cache = ['--cache', '--cache-location', 'node_modules/.cache/eslint/'];
    return runBin('eslint', ['.', '--max-warnings', '0', ...cache], { timeoutMs: 6 * MINUTE_MS });
  }),
  vitest('unit', 'Unit tests of what changed', { weight: 1, project: 'unit*', changedSince: changesBegin }),
];

/** @param {string} config of TypeScript; only the one of the build writes declarations, and finds their errors */
function runTypes(config) {
  const buildInfo = ['--incremental', '--tsBuildInfoFile', `node_modules/.cache/${config}.tsbuildinfo`];
  return runBin('tsc', ['--noEmit', '-p', config, ...buildInfo], { timeoutMs: 5 * MINUTE_MS });
}

/**
 * @param {string} name
 * @param {string} title
 * @param {() => Promise<{ ok: boolean, output: string }>} command
 * @returns {Step}
 */
function check(name, title, command) {
  const run = async () => {
    const { ok, output } = await command();
    return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, failures: ok ? [] : [title], output };
  };
  return { name, title, weight: 1, needs: [], run };
}

/**
 * A project of vitest.config.ts.
 * @param {string} name
 * @param {string} title
 * @param {{ weight?: 1 | 2, needs?: string[], project?: string, changedSince?: () => string }} [options]
 *   `project`: the project's name or a pattern of it, where it is not the step's; `changedSince`: only tests that reach a file changed
 *   since that commit
 * @returns {Step}
 */
function vitest(name, title, { weight = 2, needs = [], project = name, changedSince } = {}) {
  const run = async (/** @type {Context} */ { reports, deep }) => {
    const file = join(reports, `${name}.json`);
    const args = [
      'run',
      '--project',
      project,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${file}`,
      ...(changedSince === undefined ? [] : ['--changed', changedSince(), '--passWithNoTests']),
    ];
    const { ok, output } = await runBin('vitest', args, environment(deep));
    const counts = countVitest(await readReport(file), ok, process.cwd(), changedSince !== undefined);
    return { ...counts, output };
  };
  return { name, title, weight, needs, run };
}

/** @param {Context} context */
async function runPlaywright({ reports, deep }) {
  const file = join(reports, 'e2e.json');
  const { env, timeoutMs } = environment(deep);
  const { ok, output } = await runBin('playwright', ['test', '--reporter=line,json'], {
    env: { ...env, PLAYWRIGHT_JSON_OUTPUT_FILE: file },
    timeoutMs,
  });
  return { ...countPlaywright(await readReport(file), ok), output };
}

/** The commit since which the work at the desk counts: where it left the branch that it goes to, else the last one. */
function changesBegin() {
  const git = (/** @type {string[]} */ ...args) => spawnSync('git', args, { encoding: 'utf8' });
  const base = git('merge-base', 'HEAD', '@{upstream}');
  return base.status === 0 ? base.stdout.trim() : 'HEAD~1';
}

/** @param {boolean} deep */
function environment(deep) {
  return {
    env: { CI: 'true', ...(deep ? { DEEP: '1' } : {}) },
    timeoutMs: (deep ? 90 : 8) * MINUTE_MS,
  };
}

/** @param {string} file */
async function readReport(file) {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    // A runner that was killed while it wrote left half a report, which says as little as none.
    return undefined;
  }
}
