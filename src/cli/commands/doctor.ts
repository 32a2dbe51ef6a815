/**
 * `manyhands doctor`: what this machine has to keep strangers' code in, and whether the books of a data folder are in
 * order.
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
      "Tell what this machine has to keep strangers' code in and whether the scheduler answers, and check a scheduler's data folder: each slice in one place, each outcome paid once, a ledger of zero.",
    )
    .addOption(dataDirOption('which one'))
    .addOption(schedulerOption())
    .option('--json', 'as JSON')
    .addHelpText('after', examples(['manyhands doctor --data-dir ./data', 'may run beside its scheduler']))
    .action(check);
}

async function check(
  { dataDir, scheduler: url, json }: { dataDir: string; scheduler: string; json?: boolean },
  command: Command,
): Promise<void> {
  const isNamed = command.getOptionValueSource('dataDir') !== 'default';
  const [isolations, scheduler, books] = await Promise.all([
    examineIsolations(),
    askScheduler(url),
    // What is wrong with the folder as a whole is told last: what was asked beside it counts all the same.
    findWrong(dataDir, isNamed).then(
      (wrong) => ({ wrong }),
      (error: unknown) => ({ error }),
    ),
  ]);
  const wrong = 'wrong' in books ? books.wrong : undefined;
  const isIsolated = isolations.some(({ problem }) => problem === undefined);
  // A machine may have none and lend itself to nobody; one that was named or installed, and does not work, is a fault.
  const isFaulty = (isolations.length > 0 && !isIsolated) || (wrong !== undefined && wrong.length > 0);
  if (isFaulty) process.exitCode = EXIT_UNSOUND;
  if (json)
    console.log(
      JSON.stringify({ isolations, scheduler, dataDir, ...(wrong === undefined ? {} : { wrong }) }),
    );
  else tellPlaces(isolations, scheduler);
  if ('error' in books) throw books.error;
  if (!json) tellBooks(dataDir, wrong);
}

type Isolations = Awaited<ReturnType<typeof examineIsolations>>;

function tellPlaces(isolations: Isolations, scheduler: Answer): void {
  if (!isolations.some(({ problem }) => problem === undefined)) console.log(HOW_TO_GET_ONE);
  for (const { isolation, path, version = '', problem } of isolations) {
    const found =
      problem === undefined
        ? `${version.padEnd(16)} ${path}`
        : `${path} does not work: ${printable(problem)}`;
    console.log(`${isolation.padEnd(9)} ${found}`);
  }
  const { workers = 0, problem: silence } = scheduler;
  const answer =
    silence === undefined ? `answers; workers: ${workers}` : `does not answer: ${printable(silence)}`;
  console.log(`scheduler ${printable(scheduler.url)} ${answer}`);
}

function tellBooks(dataDir: string, wrong: string[] | undefined): void {
  if (wrong === undefined)
    return console.log(`There is no scheduler's data in ${dataDir}, and nothing to check.`);
  for (const sentence of wrong) console.log(sentence);
  if (wrong.length === 0) console.log(`Everything is in order in ${dataDir}.`);
  else
    console.log(`${wrong.length === 1 ? 'One thing is' : `${wrong.length} things are`} wrong in ${dataDir}.`);
}

interface Answer {
  url: string;
  workers?: number;
  /** Why it is none, in words. */
  problem?: string;
}

/** None is needed to look at the books, so that one that is silent is no fault. Never rejects. */
async function askScheduler(url: string): Promise<Answer> {
  try {
    const address = new URL('/healthz', url.replace(/^ws/, 'http'));
    const response = await fetch(address, { signal: AbortSignal.timeout(ANSWER_MS_MAX) });
    const said = (await response.json().catch(() => undefined)) as
      { ok?: unknown; workers?: unknown; store?: { state?: unknown } } | undefined;
    if (said?.ok === false && typeof said.store?.state === 'string')
      return { url, problem: `its store is ${said.store.state}` };
    if (said?.ok !== true) return { url, problem: `what is there is no scheduler (HTTP ${response.status})` };
    return { url, workers: Number(said.workers) };
  } catch (error) {
    const { message, cause } = error as Error;
    return { url, problem: cause instanceof Error ? cause.message : message };
  }
}

/** Undefined where there is no data, and nobody said that there is. */
async function findWrong(dataDir: string, isNamed: boolean): Promise<string[] | undefined> {
  return isNamed || hasDataDir(dataDir) ? checkDataDir(dataDir) : undefined;
}
