/**
 * `map`: a job in one line, as the promise of all results or as a loop over them.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';
import { readOptions, type OptionNames } from '../lib/options.js';
import type { MapOptions, Mapped } from './compute-types.js';
import { SETTING_NAMES, type Settings } from './config/settings.js';
import type { Job } from './job/job.js';
import type { ExecOptions } from './package/payment.js';

const EXEC_OPTIONS: OptionNames<ExecOptions> = {
  pricePerSlice: true,
  maxPerRequest: true,
  ceiling: true,
  acceptMs: true,
  signal: true,
};

/**
 * Deploys a new job in the next microtask, so that it is known by then whether its results are read in a loop; the handle
 * keeps them only if not.
 * @throws UNKNOWN_OPTION, and the errors of the settings
 */
export function runMap<T>(job: Job<T>, options: MapOptions = {}): Mapped<T> {
  const exec = applyOptions(job, options);
  let isIterated = false;
  const start = async (): Promise<T[]> => {
    await Promise.resolve();
    if (!isIterated) return Array.from(await job.exec(exec));
    await job.deploy(exec);
    throw new ManyhandsError('JOB_STATE', `The results of job ${job.id} are read in a loop, and not kept.`);
  };
  const all = start();
  return Object.assign(all, {
    job,
    [Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
      // What prevents the loop is thrown there.
      all.catch(() => undefined);
      if (job.readyState === 'new') {
        isIterated = true;
        job.collateResults = false;
      }
      return readAll(job, exec.signal);
    },
  });
}

/** Nobody else has this job: what is left of it when the loop is left is cancelled. */
async function* readAll<T>(job: Job<T>, signal: AbortSignal | undefined): AsyncGenerator<T, void, undefined> {
  let isRead = false;
  try {
    yield* job.results.stream({ signal });
    isRead = true;
  } finally {
    if (!isRead) await job.cancel('the loop over the results of map was left').catch(() => undefined);
  }
}

function applyOptions<T>(job: Job<T>, options: MapOptions): ExecOptions {
  const settings = Object.fromEntries(SETTING_NAMES.map((name) => [name, true])) as OptionNames<Settings>;
  const given = readOptions<MapOptions>(options, 'map', { ...settings, ...EXEC_OPTIONS });
  const exec: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (name in EXEC_OPTIONS) exec[name] = value;
    else Object.assign(job, { [name]: value });
  }
  return exec;
}
