/**
 * The steps of the test command, in their order. `weight` is how many of the two places a step takes: checks share the
 * machine, tests that measure time have it alone. `needs` names steps without whose success it cannot run.
 * @module
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { countPlaywright, countVitest } from './counts.mjs';
import { runBin, runProcess } from './process.mjs';

/**
 * @typedef {{ reports: string, deep: boolean }} Context
 * @typedef {import('./counts.mjs').Counts & { output: string }} StepResult
 * @typedef {{ name: string, title: string, weight: 1 | 2, needs: string[],
 *   run: (context: Context) => Promise<StepResult> }} Step
 */

const MINUTE_MS = 60_000;

/** @type {Step[]} */
export const STEPS = [
  check('build', 'Build dist/', () =>
    runProcess(process.execPath, ['scripts/build.mjs', '--quiet'], { timeoutMs: 3 * MINUTE_MS }),
  ),
  check('format', 'Formatting (prettier)', () =>
    runBin('prettier', ['--check', '--log-level', 'warn', '.'], { timeoutMs: 3 * MINUTE_MS }),
  ),
  check('types', 'Types (tsc)', () => runBin('tsc', ['--noEmit', '-p', '.'], { timeoutMs: 5 * MINUTE_MS })),
  check('lint', 'Lint (eslint)', () =>
    runBin('eslint', ['.', '--max-warnings', '0'], { timeoutMs: 6 * MINUTE_MS }),
  ),
  check('architecture', 'Architecture (dependency-cruiser)', () =>
    runBin(
      'depcruise',
      ['--config', '.dependency-cruiser.cjs', '--output-type', 'err-long', 'src', 'web-worker-demo'],
      {
        timeoutMs: 3 * MINUTE_MS,
      },
    ),
  ),
  vitest('tidy', 'Tidy: the rules of the house', { weight: 1 }),
  vitest('unit', 'Unit tests'),
  vitest('contract', 'Contract suites'),
  vitest('vectors', 'Golden vectors'),
  vitest('hostile', 'Hostile peers', { needs: ['build'] }),
  vitest('sim', 'Simulation'),
  vitest('integration', 'Real processes', { needs: ['build'] }),
  vitest('examples', 'Examples', { needs: ['build'] }),
  vitest('package', 'The packed package', { needs: ['build'] }),
  {
    name: 'e2e',
    title: 'End to end (Chromium)',
    weight: 2,
    needs: ['build'],
    run: runPlaywright,
  },
];

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
 * @param {{ weight?: 1 | 2, needs?: string[] }} [options]
 * @returns {Step}
 */
function vitest(name, title, { weight = 2, needs = [] } = {}) {
  const run = async (/** @type {Context} */ { reports, deep }) => {
    const file = join(reports, `${name}.json`);
    const args = [
      'run',
      '--project',
      name,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${file}`,
    ];
    const { ok, output } = await runBin('vitest', args, environment(deep));
    return { ...countVitest(await readReport(file), ok, process.cwd()), output };
  };
  return { name, title, weight, needs, run };
}

/** @param {Context} context */
async function runPlaywright({ reports, deep }) {
  const browser = await runProcess(process.execPath, ['scripts/ensure-browser.mjs'], {
    timeoutMs: 5 * MINUTE_MS,
  });
  if (!browser.ok)
    return { passed: 0, failed: 1, failures: ['no browser for the tests'], output: browser.output };
  const file = join(reports, 'e2e.json');
  const { env, timeoutMs } = environment(deep);
  const { ok, output } = await runBin('playwright', ['test', '--reporter=line,json'], {
    env: { ...env, PLAYWRIGHT_JSON_OUTPUT_FILE: file },
    timeoutMs,
  });
  return { ...countPlaywright(await readReport(file), ok), output };
}

/** @param {boolean} deep */
function environment(deep) {
  return {
    env: { CI: 'true', ...(deep ? { DEEP: '1' } : {}) },
    timeoutMs: (deep ? 90 : 6) * MINUTE_MS,
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
