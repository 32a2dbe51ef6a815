/**
 * `manyhands doctor`: checks the sandbox isolations of this machine, the scheduler, and the data folder of a scheduler.
 * @module
 */
import { Command } from 'commander';
import { checkDataDir, hasDataDir } from '../../entry/scheduler.node.js';
import { examineIsolations, HOW_TO_GET_ONE } from '../../entry/worker.node.js';
import { examples } from '../console/help.js';
import { dataDirOption, schedulerOption } from '../options/options.js';
import { printable } from '../../entry/texts.node.js';

const EXIT_UNSOUND = 1;
const ANSWER_MS_MAX = 3_000;

export function doctorCommand(): Command {
  return new Command('doctor')
    .description(
      "List the isolations for untrusted code on this machine, check whether the scheduler responds, and check a scheduler's data folder: each slice has one state, each outcome is paid once, and the ledger sums to zero.",
    )
    .addOption(dataDirOption("the scheduler's data folder"))
    .addOption(schedulerOption())
    .option('--json', 'as JSON')
    .addHelpText('after', examples(['manyhands doctor --data-dir ./data', 'works while the scheduler runs']))
    .action(check);
}

async function check(
  { dataDir, scheduler: url, json }: { dataDir: string; scheduler: string; json?: boolean },
  command: Command,
): Promise<void> {
  const isNamed = command.getOptionValueSource('dataDir') !== 'default';
  const [isolations, scheduler, storeCheck] = await Promise.all([
    examineIsolations(),
    checkScheduler(url),
    // An error of the folder is thrown at the end, after the other checks are printed.
    findProblems(dataDir, isNamed).then(
      (problems) => ({ problems }),
      (error: unknown) => ({ error }),
    ),
  ]);
  const problems = 'problems' in storeCheck ? storeCheck.problems : undefined;
  const isIsolated = isolations.some(({ problem }) => problem === undefined);
  // No isolation at all is not an error. An isolation that is configured or installed and does not work is one.
  const isFaulty = (isolations.length > 0 && !isIsolated) || (problems !== undefined && problems.length > 0);
  if (isFaulty) process.exitCode = EXIT_UNSOUND;
  if (json)
    console.log(
      JSON.stringify({
        isolations,
        scheduler,
        dataDir,
        ...(problems === undefined ? {} : { wrong: problems }),
      }),
    );
  else printIsolations(isolations, scheduler);
  if ('error' in storeCheck) throw storeCheck.error;
  if (!json) printProblems(dataDir, problems);
}

type Isolations = Awaited<ReturnType<typeof examineIsolations>>;

function printIsolations(isolations: Isolations, scheduler: SchedulerHealth): void {
  if (!isolations.some(({ problem }) => problem === undefined)) console.log(HOW_TO_GET_ONE);
  for (const { isolation, path, version = '', problem } of isolations) {
    const found =
      problem === undefined
        ? `${version.padEnd(16)} ${path}`
        : `${path} does not work: ${printable(problem)}`;
    console.log(`${isolation.padEnd(9)} ${found}`);
  }
  const { workers = 0, problem: schedulerProblem } = scheduler;
  const answer =
    schedulerProblem === undefined
      ? `responds; workers: ${workers}`
      : `does not respond: ${printable(schedulerProblem)}`;
  console.log(`scheduler ${printable(scheduler.url)} ${answer}`);
}

function printProblems(dataDir: string, problems: string[] | undefined): void {
  if (problems === undefined)
    return console.log(`There is no data of a scheduler in ${dataDir}: nothing to check.`);
  for (const sentence of problems) console.log(sentence);
  if (problems.length === 0) console.log(`No problems found in ${dataDir}.`);
  else
    console.log(
      `${problems.length === 1 ? 'One problem' : `${problems.length} problems`} found in ${dataDir}.`,
    );
}

interface SchedulerHealth {
  url: string;
  workers?: number;
  /** Why the scheduler is not usable, as text. */
  problem?: string;
}

/**
 * Requests the health of the scheduler. A scheduler that does not respond is not an error, because the data folder can
 * be checked without it. Never rejects.
 */
async function checkScheduler(url: string): Promise<SchedulerHealth> {
  try {
    const address = new URL('/healthz', url.replace(/^ws/, 'http'));
    const response = await fetch(address, { signal: AbortSignal.timeout(ANSWER_MS_MAX) });
    const health = (await response.json().catch(() => undefined)) as
      { ok?: unknown; workers?: unknown; store?: { state?: unknown } } | undefined;
    if (health?.ok === false && typeof health.store?.state === 'string')
      return { url, problem: `its store is ${health.store.state}` };
    if (health?.ok !== true)
      return { url, problem: `the server is not a scheduler (HTTP ${response.status})` };
    return { url, workers: Number(health.workers) };
  } catch (error) {
    const { message, cause } = error as Error;
    return { url, problem: cause instanceof Error ? cause.message : message };
  }
}

/** The problems of the data folder; undefined if the default folder contains no data. */
async function findProblems(dataDir: string, isNamed: boolean): Promise<string[] | undefined> {
  return isNamed || hasDataDir(dataDir) ? checkDataDir(dataDir) : undefined;
}
