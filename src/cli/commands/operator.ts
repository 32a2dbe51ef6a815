/**
 * `manyhands operator`: lists and stops jobs and workers, manages bans, and drains the scheduler, with the token of its data
 * folder.
 * @module
 */
import { Command, InvalidArgumentError, Option } from 'commander';
import { openOperator, type Operator } from '../../entry/operator.node.js';
import { formatCredits } from '../../entry/wallet.node.js';
import { examples } from '../console/help.js';
import { formatRunStatus, formatSlices } from '../console/job-text.js';
import {
  dataDirOption,
  jobId,
  jobIdArgument,
  schedulerOption,
  removePrefix,
  wholeNumber,
} from '../options/options.js';
import { printable } from '../../entry/texts.node.js';
import { toJson } from '../console/to-json.js';

/** The options of every subcommand: the scheduler's URL, and the folder with its operator token. */
interface Where {
  scheduler: string;
  dataDir: string;
}

const LIST_MAX = 100;
const LIST_DEFAULT = 20;
const REASON_MAX = 1_024;
const SECOND_MS = 1_000;
const DRAIN_SECONDS_DEFAULT = 300;
const DRAIN_SECONDS_MAX = 86_400;

export function operatorCommand(): Command {
  const operator = new Command('operator')
    .description('Operate a scheduler: jobs, workers, bans, draining. Needs read access to its data folder.')
    .addHelpText(
      'after',
      examples(
        ['manyhands operator jobs', 'the jobs of all owners'],
        ['manyhands operator workers', 'the connected workers'],
        ['manyhands operator pause <job> --reason "it floods a site"', 'its owner sees the reason'],
        ['manyhands operator ban 203.0.113.0/24', 'ban a network'],
        ['manyhands operator drain', 'grant no leases, and end when none is left'],
      ),
    );
  const commands = [jobsCommand, workersCommand, pauseCommand, resumeCommand, cancelCommand, evictCommand];
  for (const make of [...commands, banCommand, unbanCommand, bansCommand, drainCommand]) {
    operator.addCommand(
      make().addOption(schedulerOption()).addOption(dataDirOption("the scheduler's data folder")),
    );
  }
  return operator;
}

const reasonOption = (): Option =>
  new Option('--reason <text>', 'reason, which the affected users see').default('').argParser((text) => {
    if (text.length <= REASON_MAX) return text;
    throw new InvalidArgumentError(`It must have at most ${REASON_MAX} characters.`);
  });

const jsonOption = (): Option => new Option('--json', 'as JSON');

async function withOperator<T>(
  { scheduler, dataDir }: Where,
  work: (operator: Operator) => Promise<T>,
): Promise<T> {
  const operator = await openOperator({ scheduler, dataDir });
  try {
    return await work(operator);
  } finally {
    await operator.close();
  }
}

const formatPrice = ({ price }: { price: bigint }): string => `${formatCredits(price)}/slice`;

function jobsCommand(): Command {
  return new Command('jobs')
    .description('List the jobs of all owners, newest first.')
    .option(
      '-n, --limit <number>',
      `maximum number of jobs, up to ${LIST_MAX}`,
      wholeNumber(1, LIST_MAX),
      LIST_DEFAULT,
    )
    .option('--after <id>', 'list only jobs older than that one', jobId)
    .addOption(jsonOption())
    .addHelpText('after', examples(['manyhands operator jobs -n 100', 'up to a hundred jobs']))
    .action(
      async ({ json, limit, after, ...where }: Where & { json?: true; limit: number; after?: string }) => {
        const page = await withOperator(where, (operator) =>
          operator.jobs({ limit, ...(after !== undefined && { after }) }),
        );
        if (json) return console.log(toJson(page));
        const priceWidth = Math.max(0, ...page.jobs.map((job) => formatPrice(job).length));
        for (const job of page.jobs) {
          const progress = `${job.computed} of ${job.total}`;
          const reason = job.reason ? ` (${printable(job.reason)})` : '';
          const age = ageOf(job.createdMs).padStart(6);
          const price = formatPrice(job).padStart(priceWidth);
          console.log(
            `${job.jobId}  ${age}  ${formatRunStatus(job).padEnd(20)}  ${progress.padEnd(12)}  ${price}  ` +
              `${job.owner}  ${printable(job.name)}${reason}`.trimEnd(),
          );
        }
        if (page.jobs.length === 0) console.log('No jobs.');
        if (page.more) console.log(`For older jobs: --after=${page.jobs.at(-1)!.jobId}`);
      },
    );
}

function workersCommand(): Command {
  return new Command('workers')
    .description('List the connected workers.')
    .addOption(jsonOption())
    .addHelpText('after', examples(['manyhands operator workers', 'id, address, connection time, leases']))
    .action(async ({ json, ...where }: Where & { json?: true }) => {
      const workers = await withOperator(where, (operator) => operator.workers());
      if (json) return console.log(toJson(workers));
      for (const one of workers) {
        const worktimes = one.worktimes.map(({ name, version }) => `${name} ${version}`).join(', ');
        console.log(
          `${one.workerId}  ${one.peer.padEnd(21)}  ${ageOf(one.sinceMs).padStart(6)}  ${one.sandboxHost.padEnd(8)}  ` +
            `${one.leases} of ${one.sandboxes} leased, ${one.slices} slices, ${one.failures} failures  ` +
            `${one.paymentAddress ?? 'no payment address'}  ${printable(worktimes)}`,
        );
      }
      if (workers.length === 0) console.log('No workers.');
    });
}

function pauseCommand(): Command {
  return new Command('pause')
    .description('Pause a job: revoke its leases and grant no new ones; its owner sees the reason.')
    .addArgument(jobIdArgument())
    .addOption(reasonOption())
    .addHelpText(
      'after',
      examples(['manyhands operator pause <id> --reason "ask me first"', 'pause it until it is resumed']),
    )
    .action(async (id: string, { reason, ...where }: Where & { reason: string }) => {
      await withOperator(where, (operator) => operator.pauseJob(id, reason));
      console.log(`${id} is paused.`);
    });
}

function resumeCommand(): Command {
  return new Command('resume')
    .description('Resume a paused job.')
    .addArgument(jobIdArgument())
    .addHelpText('after', examples(['manyhands operator resume <id>', 'its slices are leased again']))
    .action(async (id: string, where: Where) => {
      const wasPaused = await withOperator(where, (operator) => operator.resumeJob(id));
      console.log(wasPaused ? `${id} is resumed.` : `${id} was not paused by an operator.`);
    });
}

function cancelCommand(): Command {
  return new Command('cancel')
    .description('Cancel a job of any owner; its results are kept, its escrow is returned.')
    .addArgument(jobIdArgument())
    .addOption(reasonOption())
    .addHelpText(
      'after',
      examples(['manyhands operator cancel <id> --reason "mines coins"', 'cancel it permanently']),
    )
    .action(async (id: string, { reason, ...where }: Where & { reason: string }) => {
      const job = await withOperator(where, (operator) =>
        operator.cancelJob(id, reason || 'cancelled by the operator'),
      );
      console.log(`${id} is ${job.runStatus}: ${formatSlices(job)}.`);
    });
}

function evictCommand(): Command {
  return new Command('evict')
    .description(
      "Close a worker's connection and revoke its leases; it reconnects after a minute, unless it is banned.",
    )
    .argument('<worker>', "the worker's id, 22 characters", jobId)
    .addOption(reasonOption())
    .addHelpText('after', examples(['manyhands operator evict <worker>', 'an id from `operator workers`']))
    .action(async (workerId: string, { reason, ...where }: Where & { reason: string }) => {
      await withOperator(where, (operator) => operator.evictWorker(workerId, reason));
      console.log(
        `${printable(workerId)} is disconnected; it can reconnect after a minute, unless it is banned.`,
      );
    });
}

function banCommand(): Command {
  return new Command('ban')
    .description('Ban an address (as owner, deployer and payee), a worker’s id, an IP address or a prefix.')
    .argument('<who>', '0x…, a worker’s id, 203.0.113.7 or 203.0.113.0/24', removePrefix)
    .addOption(reasonOption())
    .addHelpText(
      'after',
      examples(
        ['manyhands operator ban 0x… --reason "spam"', 'its jobs are paused, its connections are closed'],
        ['manyhands operator ban 203.0.113.0/24', 'a whole network'],
      ),
    )
    .action(async (who: string, { reason, ...where }: Where & { reason: string }) => {
      const { subject, kind } = await withOperator(where, (operator) => operator.ban(who, reason));
      console.log(`${printable(subject)} (${kind}) is banned.`);
    });
}

function unbanCommand(): Command {
  return new Command('unban')
    .description('Remove a ban; jobs that it paused are resumed.')
    .argument('<who>', 'as `operator bans` shows it', removePrefix)
    .addHelpText('after', examples(['manyhands operator unban 203.0.113.0/24', 'that prefix']))
    .action(async (who: string, where: Where) => {
      await withOperator(where, (operator) => operator.unban(who));
      console.log(`${printable(who)} is no longer banned.`);
    });
}

function bansCommand(): Command {
  return new Command('bans')
    .description('List the bans, with date and reason.')
    .addOption(jsonOption())
    .addHelpText('after', examples(['manyhands operator bans', 'all of them']))
    .action(async ({ json, ...where }: Where & { json?: true }) => {
      const bans = await withOperator(where, (operator) => operator.bans());
      if (json) return console.log(toJson(bans));
      for (const { subject, kind, reason, atMs } of bans) {
        const when = new Date(atMs).toISOString().slice(0, 16).replace('T', ' ');
        console.log(`${when}  ${kind.padEnd(8)}  ${printable(subject)}  ${printable(reason)}`.trimEnd());
      }
      if (bans.length === 0) console.log('No bans.');
    });
}

function drainCommand(): Command {
  return new Command('drain')
    .description(
      'Refuse new jobs, grant no leases, and end the scheduler when no lease is left, or after the timeout.',
    )
    .addOption(
      new Option(
        '--timeout <seconds>',
        'maximum time to wait for leases; the scheduler ends after it even if leases are left',
      )
        .argParser(wholeNumber(0, DRAIN_SECONDS_MAX))
        .default(DRAIN_SECONDS_DEFAULT),
    )
    .addOption(new Option('--off', 'stop draining, while the scheduler still runs'))
    .addHelpText(
      'after',
      examples(
        ['manyhands operator drain', 'for example before an update'],
        ['manyhands operator drain --timeout 3600', 'if slices take long'],
      ),
    )
    .action(async ({ off, timeout, ...where }: Where & { off?: true; timeout: number }) => {
      const { draining, leases } = await withOperator(where, (operator) =>
        off ? operator.drain(false) : operator.drain(true, timeout * SECOND_MS),
      );
      const leasesText = leases === 0 ? 'no leases' : `${leases} leases are left`;
      const end = leases === 0 ? '' : `; it ends in ${timeout} s at the latest`;
      console.log(draining ? `Draining: ${leasesText}${end}.` : `Not draining: ${leasesText}.`);
    });
}

/** The time since `sinceMs` (milliseconds since 1970), for example `3 min` or `2 d`. */
function ageOf(sinceMs: number): string {
  const seconds = Math.max(0, (Date.now() - sinceMs) / SECOND_MS);
  const steps: [number, string][] = [
    [86_400, 'd'],
    [3_600, 'h'],
    [60, 'min'],
  ];
  for (const [length, unit] of steps) if (seconds >= length) return `${Math.floor(seconds / length)} ${unit}`;
  return `${Math.floor(seconds)} s`;
}
