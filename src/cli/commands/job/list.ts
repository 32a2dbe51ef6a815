/** `manyhands job list`: lists the jobs of this identity, or as the operator those of all owners. @module */
import { Command } from 'commander';
import { compute, init, type JobPage } from '../../../entry/deployer.node.js';
import { openOperator } from '../../../entry/operator.node.js';
import { printable } from '../../../entry/texts.node.js';
import { examples } from '../../console/help.js';
import { formatRunStatus } from '../../console/job-text.js';
import { toJson } from '../../console/to-json.js';
import { dataDirOption, jobId, schedulerOption, wholeNumber } from '../../options/options.js';

const LIST_MAX = 100;
const LIST_DEFAULT = 20;
/** Widths of columns of a list. */
const STATUS_WIDTH = 20;
const PROGRESS_WIDTH = 12;

export function listCommand(): Command {
  return new Command('list')
    .description('List your jobs, newest first.')
    .option(
      '-n, --limit <number>',
      `maximum number of jobs, up to ${LIST_MAX}`,
      wholeNumber(1, LIST_MAX),
      LIST_DEFAULT,
    )
    .option('--after <id>', 'list only jobs older than that one', jobId)
    .option('--tag <tag>', 'list only jobs with that tag')
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
  tag?: string;
  all?: boolean;
  scheduler: string;
  dataDir: string;
  json?: boolean;
}

async function list({ limit, after, tag, all, scheduler, dataDir, json }: ListOptions): Promise<void> {
  const page = await requestPage({ limit, after, tag }, all ? { scheduler, dataDir } : { scheduler });
  if (json) return console.log(toJson(page));
  for (const job of page.jobs) {
    const when = new Date(job.createdMs).toISOString().slice(0, 16).replace('T', ' ');
    const how = `${job.computed} of ${job.total}`;
    const tags = job.tags.length === 0 ? '' : `  [${job.tags.map(printable).join(', ')}]`;
    const owner = all ? `  ${job.owner}` : '';
    console.log(
      `${job.jobId}  ${when}  ${formatRunStatus(job).padEnd(STATUS_WIDTH)}  ${how.padEnd(PROGRESS_WIDTH)}${owner}  ${printable(job.name)}${tags}`.trimEnd(),
    );
  }
  if (page.jobs.length === 0) console.log(after === undefined ? 'No jobs.' : 'No older jobs.');
  if (page.more) console.log(`For older jobs: --after=${page.jobs.at(-1)!.jobId}`);
}

async function requestPage(
  options: { limit: number; after: string | undefined; tag: string | undefined },
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
