/** `manyhands job`: manages deployed jobs of this user's identity. @module */
import { Command } from 'commander';
import { attach, compute, fetchResults, init } from '../../entry/deployer.node.js';
import type { JobPage } from '../../entry/deployer.node.js';
import { openOperator } from '../../entry/operator.node.js';
import { NO_WORKERS_MESSAGE, printable } from '../../entry/texts.node.js';
import { formatCredits, wallet } from '../../entry/wallet.node.js';
import { describeError } from '../console/describe-error.js';
import { examples } from '../console/help.js';
import { runStatusText, slicesText } from '../console/job-text.js';
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

/** Number of slices for one request, so that a large job is never completely in memory. */
const PAGE_SLICES = 10_000;
const LIST_MAX = 100;
const LIST_DEFAULT = 20;
const EXIT_FAILED = 1;
/** Widths of columns of a list. */
const STATUS_WIDTH = 20;
const PROGRESS_WIDTH = 12;

export function jobCommand(): Command {
  const job = new Command('job')
    .description('Your jobs: progress, results, cancellation.')
    .addHelpText(
      'after',
      examples(
        ['manyhands job list', 'all of your jobs'],
        ['manyhands job status <id>', 'progress of a job'],
        ['manyhands job results <id> > results.jsonl', 'the results so far'],
        ['manyhands job cancel <id>', 'cancel it; its results are kept'],
      ),
    );
  job.addCommand(listCommand());
  job
    .command('status')
    .description('Show the progress of a job.')
    .addArgument(jobIdArgument())
    .addOption(schedulerOption())
    .option('--json', 'as JSON')
    .addHelpText('after', examples(['manyhands job status <id>', 'finished, failed and all slices']))
    .action(showStatus);
  job
    .command('results')
    .description(
      'Print the available results in order, one line of JSON for each slice; failed slices have an "error".',
    )
    .addArgument(jobIdArgument())
    .option('--range <from-to>', 'only these slices, counted from 1', parseRange)
    .option('--json', 'has no effect: the output is always JSON, one value on each line')
    .addOption(schedulerOption())
    .addHelpText('after', examples(['manyhands job results <id> --range 1-100', 'the first hundred']))
    .action(printResults);
  job
    .command('topup')
    .description('Raise the ceiling of a paid job; a job that is paused for lack of funds is resumed.')
    .addArgument(jobIdArgument())
    .argument('<credits>', 'maximum cost of the whole job', parseCredits)
    .option('--keystore <label>', 'keystore of the paying account', 'default')
    .addOption(schedulerOption())
    .addHelpText('after', examples(['manyhands job topup <id> 50', 'up to fifty credits for the whole job']))
    .action(topUp);
  job
    .command('cancel')
    .description('Cancel jobs; their results are kept, their escrow is returned.')
    .addArgument(jobIdsArgument())
    .option(
      '--reason <text>',
      'reason, which programs that follow the job receive',
      'cancelled from the command line',
    )
    .addOption(schedulerOption())
    .addHelpText(
      'after',
      examples(['manyhands job cancel <id> --reason "wrong input"', 'cancel it with a reason']),
    )
    .action(cancel);
  return job;
}

function listCommand(): Command {
  return new Command('list')
    .description('List your jobs, newest first.')
    .option(
      '-n, --limit <number>',
      `maximum number of jobs, up to ${LIST_MAX}`,
      wholeNumber(1, LIST_MAX),
      LIST_DEFAULT,
    )
    .option('--after <id>', 'list only jobs older than that one', jobId)
    .option(
      '--all',
      "list the jobs of all owners: for the scheduler's operator, whose token is in the data folder",
    )
    .addOption(schedulerOption())
    .addOption(dataDirOption("with --all: the scheduler's data folder"))
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      examples(
        ['manyhands job list', 'the newest jobs'],
        ['manyhands job list --all --data-dir ./data', 'as the operator: the jobs of all owners'],
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
  const page = await requestPage({ limit, after }, all ? { scheduler, dataDir } : { scheduler });
  if (json) return console.log(toJson(page));
  for (const job of page.jobs) {
    const when = new Date(job.createdMs).toISOString().slice(0, 16).replace('T', ' ');
    const how = `${job.computed} of ${job.total}`;
    const owner = all ? `  ${job.owner}` : '';
    console.log(
      `${job.jobId}  ${when}  ${runStatusText(job).padEnd(STATUS_WIDTH)}  ${how.padEnd(PROGRESS_WIDTH)}${owner}  ${printable(job.name)}`.trimEnd(),
    );
  }
  if (page.jobs.length === 0) console.log(after === undefined ? 'No jobs.' : 'No older jobs.');
  if (page.more) console.log(`For older jobs: --after=${page.jobs.at(-1)!.jobId}`);
}

async function requestPage(
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
  console.log(`status    ${runStatusText(status)}${why}${open ? ', open for more slices' : ''}`);
  console.log(`slices    ${computed} of ${total} finished, ${failed} of them failed`);
  console.log(`workers   ${workers}`);
  console.log(`paid      ${formatCredits(paid)} credits`);
  if (runStatus === 'running' && workers === 0 && computed < total) {
    console.log(NO_WORKERS_MESSAGE);
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

/** Cancels jobs one after another; an error does not prevent the next one. */
async function cancel(
  ids: readonly string[],
  { scheduler, reason }: { scheduler: string; reason: string },
): Promise<void> {
  init({ scheduler });
  for (const id of ids) {
    try {
      const ended = await compute.cancel(id, reason);
      console.log(`${id} is ${ended.runStatus}: ${slicesText(ended)}.`);
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
  console.log(`${id} may now cost ${formatCredits(ceiling)} credits; it is ${runStatus}.`);
}
