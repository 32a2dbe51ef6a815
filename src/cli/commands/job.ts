/** `manyhands job`: look after jobs of this user's identity, in any process and days later. @module */
import { Command } from 'commander';
import { attach, compute, fetchResults, init } from '../../entry/deployer.node.js';
import type { JobPage } from '../../entry/deployer.node.js';
import { openOperator } from '../../entry/operator.node.js';
import { NO_WORKERS, printable } from '../../entry/texts.node.js';
import { formatCredits, wallet } from '../../entry/wallet.node.js';
import { describeError } from '../console/describe-error.js';
import { examples } from '../console/help.js';
import { runStatusOf, slicesOf } from '../console/job-words.js';
import {
  dataDirOption,
  jobId,
  jobIdArgument,
  jobIdsArgument,
  schedulerOption,
  wholeNumber,
} from '../options/options.js';
import { parseRange } from '../options/parse-range.js';
import { toJson } from '../console/to-json.js';
import { parseCredits } from '../options/parse-options.js';

/** Slices that are fetched at a time, so that a large job is never in memory as a whole. */
const PAGE_SLICES = 10_000;
const LIST_MAX = 100;
const LIST_DEFAULT = 20;
const EXIT_FAILED = 1;
/** Columns of a list. */
const STATUS_WIDTH = 20;
const PROGRESS_WIDTH = 12;

export function jobCommand(): Command {
  const job = new Command('job')
    .description('Your jobs: how far they are, their results, their end.')
    .addHelpText(
      'after',
      examples(
        ['manyhands job list', 'which there are'],
        ['manyhands job status <id>', 'how far it is'],
        ['manyhands job results <id> > results.jsonl', 'what there is so far'],
        ['manyhands job cancel <id>', 'end it; its results stay'],
      ),
    );
  job.addCommand(listCommand());
  job
    .command('status')
    .description('Show how far a job is.')
    .addArgument(jobIdArgument())
    .addOption(schedulerOption())
    .option('--json', 'as JSON')
    .addHelpText('after', examples(['manyhands job status <id>', 'slices done, failed and in all']))
    .action(showStatus);
  job
    .command('results')
    .description(
      'Print the results there are, one line of JSON a slice, in order; failed slices have an "error".',
    )
    .addArgument(jobIdArgument())
    .option('--range <from-to>', 'only these slices, counted from 1', parseRange)
    .option('--json', 'as JSON, which it always is: each line is a value of its own')
    .addOption(schedulerOption())
    .addHelpText('after', examples(['manyhands job results <id> --range 1-100', 'the first hundred']))
    .action(printResults);
  job
    .command('topup')
    .description('Raise the ceiling of a job that pays; one that was paused for want of funds goes on.')
    .addArgument(jobIdArgument())
    .argument('<credits>', 'most that the whole job may cost', parseCredits)
    .option('--keystore <label>', 'of the account that pays', 'default')
    .addOption(schedulerOption())
    .addHelpText('after', examples(['manyhands job topup <id> 50', 'up to fifty credits in all']))
    .action(topUp);
  job
    .command('cancel')
    .description('End jobs where they are; their results stay, their escrow goes back.')
    .addArgument(jobIdsArgument())
    .option('--reason <text>', 'why, for those who follow it', 'cancelled from the command line')
    .addOption(schedulerOption())
    .addHelpText(
      'after',
      examples(['manyhands job cancel <id> --reason "wrong input"', 'end it, and say why']),
    )
    .action(cancel);
  return job;
}

function listCommand(): Command {
  return new Command('list')
    .description('List your jobs, the newest first.')
    .option('-n, --limit <number>', `jobs at most, up to ${LIST_MAX}`, wholeNumber(1, LIST_MAX), LIST_DEFAULT)
    .option('--after <id>', 'go on behind that job: those that are older', jobId)
    .option('--all', "everybody's jobs: for the scheduler's operator, whose token is in the data folder")
    .addOption(schedulerOption())
    .addOption(dataDirOption("with --all: the scheduler's data folder"))
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      examples(
        ['manyhands job list', 'the latest'],
        ['manyhands job list --all --data-dir ./data', "as the operator: everybody's"],
      ),
    )
    .action(list);
}

interface ListOptions {
  limit: number;
  after?: string;
  all?: boolean;
  scheduler: string;
  dataDir: string;
  json?: boolean;
}

async function list({ limit, after, all, scheduler, dataDir, json }: ListOptions): Promise<void> {
  const page = await pageOf({ limit, after }, all ? { scheduler, dataDir } : { scheduler });
  if (json) return console.log(toJson(page));
  for (const job of page.jobs) {
    const when = new Date(job.createdMs).toISOString().slice(0, 16).replace('T', ' ');
    const how = `${job.computed} of ${job.total}`;
    const whose = all ? `  ${job.owner}` : '';
    console.log(
      `${job.jobId}  ${when}  ${runStatusOf(job).padEnd(STATUS_WIDTH)}  ${how.padEnd(PROGRESS_WIDTH)}${whose}  ${printable(job.name)}`.trimEnd(),
    );
  }
  if (page.jobs.length === 0)
    console.log(after === undefined ? 'There are none.' : 'There are no older ones.');
  if (page.more) console.log(`There are older ones: --after=${page.jobs.at(-1)!.jobId}`);
}

async function pageOf(
  options: { limit: number; after: string | undefined },
  at: { scheduler: string; dataDir?: string },
): Promise<JobPage> {
  if (at.dataDir === undefined) {
    init(at);
    return compute.list(options);
  }
  const operator = await openOperator(at);
  try {
    return await operator.jobs(options);
  } finally {
    await operator.close();
  }
}

async function showStatus(id: string, options: { scheduler: string; json?: boolean }): Promise<void> {
  init({ scheduler: options.scheduler });
  const status = await compute.status(id);
  const { runStatus, total, distributed, computed, failed, workers, paid, open, reason } = status;
  if (options.json) {
    const shown = { jobId: id, runStatus, open, total, distributed, computed, failed, workers, paid, reason };
    return console.log(toJson(shown));
  }
  const why = reason === undefined || reason === '' ? '' : ` (${printable(reason)})`;
  console.log(`job       ${id}`);
  console.log(`status    ${runStatusOf(status)}${why}${open ? ', open for more slices' : ''}`);
  console.log(`slices    ${computed} of ${total} done, ${failed} of them failed`);
  console.log(`workers   ${workers}`);
  console.log(`paid      ${formatCredits(paid)} credits`);
  if (runStatus === 'running' && workers === 0 && computed < total) {
    console.log(NO_WORKERS);
  }
}

async function printResults(
  id: string,
  options: { scheduler: string; range?: [number, number] },
): Promise<void> {
  init({ scheduler: options.scheduler });
  const { total } = await compute.status(id);
  const [first, last] = options.range ?? [1, total];
  const end = Math.min(last, total);
  for (let from = first; from <= end; from += PAGE_SLICES) {
    const page = await fetchResults(id, [from, Math.min(end, from + PAGE_SLICES - 1)]);
    for (const { slice, value, error } of page) {
      console.log(toJson(error === undefined ? { slice, value } : { slice, error }));
    }
  }
}

/** One after the other; a job that cannot be ended does not keep the next one. */
async function cancel(
  ids: readonly string[],
  { scheduler, reason }: { scheduler: string; reason: string },
): Promise<void> {
  init({ scheduler });
  for (const id of ids) {
    try {
      const ended = await compute.cancel(id, reason);
      console.log(`${id} is ${ended.runStatus}: ${slicesOf(ended)}.`);
    } catch (error) {
      if (ids.length === 1) throw error;
      console.error(`${id}: ${describeError(error)}`);
      process.exitCode = EXIT_FAILED;
    }
  }
}

async function topUp(
  id: string,
  ceiling: bigint,
  { scheduler, keystore }: { scheduler: string; keystore: string },
): Promise<void> {
  init({ scheduler });
  const job = await attach(id);
  await job.topUp(formatCredits(ceiling), await wallet.get(keystore));
  const { runStatus } = await compute.status(id);
  console.log(`${id} may cost ${formatCredits(ceiling)} credits now; it is ${runStatus}.`);
}
