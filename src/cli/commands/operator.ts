/** `manyhands operator`: see, stop and keep out, with the token of a scheduler's data folder. @module */
import { Command, InvalidArgumentError, Option } from 'commander';
import { openOperator, type Operator } from '../../entry/operator.node.js';
import { formatCredits } from '../../entry/wallet.node.js';
import { examples } from '../console/help.js';
import { runStatusOf, slicesOf } from '../console/job-words.js';
import {
  dataDirOption,
  jobId,
  jobIdArgument,
  schedulerOption,
  unshield,
  wholeNumber,
} from '../options/options.js';
import { printable } from '../../entry/texts.node.js';
import { toJson } from '../console/to-json.js';

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
    .description("Run a scheduler's affairs: jobs, workers, bans, its end. Needs to read its data folder.")
    .addHelpText(
      'after',
      examples(
        ['manyhands operator jobs', "everybody's jobs"],
        ['manyhands operator workers', 'who is connected'],
        ['manyhands operator pause <job> --reason "it floods a site"', 'its owner sees why'],
        ['manyhands operator ban 203.0.113.0/24', 'keep a network out'],
        ['manyhands operator drain', 'lend nothing more, and end when all is back'],
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
  new Option('--reason <text>', 'why: those whom it concerns see it').default('').argParser((text) => {
    if (text.length <= REASON_MAX) return text;
    throw new InvalidArgumentError(`It must have at most ${REASON_MAX} characters.`);
  });

const jsonOption = (): Option => new Option('--json', 'as JSON');

async function as<T>({ scheduler, dataDir }: Where, work: (operator: Operator) => Promise<T>): Promise<T> {
  const operator = await openOperator({ scheduler, dataDir });
  try {
    return await work(operator);
  } finally {
    await operator.close();
  }
}

function jobsCommand(): Command {
  return new Command('jobs')
    .description("List everybody's jobs, the newest first.")
    .option('-n, --limit <number>', `at most, up to ${LIST_MAX}`, wholeNumber(1, LIST_MAX), LIST_DEFAULT)
    .option('--after <id>', 'go on behind that job: those that are older', jobId)
    .addOption(jsonOption())
    .addHelpText('after', examples(['manyhands operator jobs -n 100', 'a hundred of them']))
    .action(
      async ({ json, limit, after, ...where }: Where & { json?: true; limit: number; after?: string }) => {
        const page = await as(where, (operator) =>
          operator.jobs({ limit, ...(after !== undefined && { after }) }),
        );
        if (json) return console.log(toJson(page));
        for (const job of page.jobs) {
          const { computed, total, price } = job;
          const how = `${computed} of ${total}`;
          const why = job.reason ? ` (${printable(job.reason)})` : '';
          const age = ageOf(job.createdMs).padStart(6);
          console.log(
            `${job.jobId}  ${age}  ${runStatusOf(job).padEnd(20)}  ${how.padEnd(12)}  ${formatCredits(price)}/slice  ` +
              `${job.owner}  ${printable(job.name)}${why}`.trimEnd(),
          );
        }
        if (page.jobs.length === 0) console.log('There are none.');
        if (page.more) console.log(`There are older ones: --after=${page.jobs.at(-1)!.jobId}`);
      },
    );
}

function workersCommand(): Command {
  return new Command('workers')
    .description('List the workers that are connected.')
    .addOption(jsonOption())
    .addHelpText('after', examples(['manyhands operator workers', 'id, address, time connected, work']))
    .action(async ({ json, ...where }: Where & { json?: true }) => {
      const workers = await as(where, (operator) => operator.workers());
      if (json) return console.log(toJson(workers));
      for (const one of workers) {
        const worktimes = one.worktimes.map(({ name, version }) => `${name} ${version}`).join(', ');
        console.log(
          `${one.workerId}  ${one.peer.padEnd(21)}  ${ageOf(one.sinceMs).padStart(6)}  ${one.isolation.padEnd(8)}  ` +
            `${one.leases} of ${one.sandboxes} leased, ${one.slices} slices, ${one.lost} lost  ` +
            `${one.paymentAddress ?? 'paid to nobody'}  ${printable(worktimes)}`,
        );
      }
      if (workers.length === 0) console.log('There are none.');
    });
}

function pauseCommand(): Command {
  return new Command('pause')
    .description('Take back what is leased of a job and lend nothing of it; its owner sees the reason.')
    .addArgument(jobIdArgument())
    .addOption(reasonOption())
    .addHelpText(
      'after',
      examples(['manyhands operator pause <id> --reason "ask me first"', 'until resumed']),
    )
    .action(async (id: string, { reason, ...where }: Where & { reason: string }) => {
      await as(where, (operator) => operator.pauseJob(id, reason));
      console.log(`${id} is paused.`);
    });
}

function resumeCommand(): Command {
  return new Command('resume')
    .description('Let a job go on that was paused.')
    .addArgument(jobIdArgument())
    .addHelpText('after', examples(['manyhands operator resume <id>', 'its slices are lent again']))
    .action(async (id: string, where: Where) => {
      const wasPaused = await as(where, (operator) => operator.resumeJob(id));
      console.log(wasPaused ? `${id} goes on.` : `${id} was not paused by an operator.`);
    });
}

function cancelCommand(): Command {
  return new Command('cancel')
    .description("End anybody's job where it is; its results stay, its escrow goes back.")
    .addArgument(jobIdArgument())
    .addOption(reasonOption())
    .addHelpText('after', examples(['manyhands operator cancel <id> --reason "mines coins"', 'for good']))
    .action(async (id: string, { reason, ...where }: Where & { reason: string }) => {
      const job = await as(where, (operator) =>
        operator.cancelJob(id, reason || 'cancelled by the operator'),
      );
      console.log(`${id} is ${job.runStatus}: ${slicesOf(job)}.`);
    });
}

function evictCommand(): Command {
  return new Command('evict')
    .description(
      "End a worker's connection and take its leases back; it comes again after a minute, unless it is banned.",
    )
    .argument('<worker>', "the worker's id, 22 characters", jobId)
    .addOption(reasonOption())
    .addHelpText('after', examples(['manyhands operator evict <worker>', 'an id of `operator workers`']))
    .action(async (workerId: string, { reason, ...where }: Where & { reason: string }) => {
      await as(where, (operator) => operator.evictWorker(workerId, reason));
      console.log(`${printable(workerId)} is gone; it may come again in a minute, unless it is banned.`);
    });
}

function banCommand(): Command {
  return new Command('ban')
    .description(
      'Keep somebody out: an address (as owner, deployer and payee), a worker’s id, an IP address or a prefix.',
    )
    .argument('<who>', '0x…, a worker’s id, 203.0.113.7 or 203.0.113.0/24', unshield)
    .addOption(reasonOption())
    .addHelpText(
      'after',
      examples(
        ['manyhands operator ban 0x… --reason "spam"', 'its jobs are paused, its connections end'],
        ['manyhands operator ban 203.0.113.0/24', 'a whole network'],
      ),
    )
    .action(async (who: string, { reason, ...where }: Where & { reason: string }) => {
      const { subject, kind } = await as(where, (operator) => operator.ban(who, reason));
      console.log(`${printable(subject)} (${kind}) is kept out.`);
    });
}

function unbanCommand(): Command {
  return new Command('unban')
    .description('Let somebody in again; jobs that the ban paused go on.')
    .argument('<who>', 'as `operator bans` shows it', unshield)
    .addHelpText('after', examples(['manyhands operator unban 203.0.113.0/24', 'that prefix']))
    .action(async (who: string, where: Where) => {
      await as(where, (operator) => operator.unban(who));
      console.log(`${printable(who)} may come in again.`);
    });
}

function bansCommand(): Command {
  return new Command('bans')
    .description('List who is kept out, since when and why.')
    .addOption(jsonOption())
    .addHelpText('after', examples(['manyhands operator bans', 'all of them']))
    .action(async ({ json, ...where }: Where & { json?: true }) => {
      const bans = await as(where, (operator) => operator.bans());
      if (json) return console.log(toJson(bans));
      for (const { subject, kind, reason, atMs } of bans) {
        const when = new Date(atMs).toISOString().slice(0, 16).replace('T', ' ');
        console.log(`${when}  ${kind.padEnd(8)}  ${printable(subject)}  ${printable(reason)}`.trimEnd());
      }
      if (bans.length === 0) console.log('There are none.');
    });
}

function drainCommand(): Command {
  return new Command('drain')
    .description(
      'Take no new jobs, lend nothing more, and end the scheduler when all leases are back, or after the timeout.',
    )
    .addOption(
      new Option(
        '--timeout <seconds>',
        'how long to wait for leases; the scheduler ends then, whatever is left',
      )
        .argParser(wholeNumber(0, DRAIN_SECONDS_MAX))
        .default(DRAIN_SECONDS_DEFAULT),
    )
    .addOption(new Option('--off', 'take that back, as long as it runs'))
    .addHelpText(
      'after',
      examples(
        ['manyhands operator drain', 'before an update, say'],
        ['manyhands operator drain --timeout 3600', 'where slices take long'],
      ),
    )
    .action(async ({ off, timeout, ...where }: Where & { off?: true; timeout: number }) => {
      const { draining, leases } = await as(where, (operator) =>
        off ? operator.drain(false) : operator.drain(true, timeout * SECOND_MS),
      );
      const rest = leases === 0 ? 'nothing is leased' : `${leases} leases are out`;
      const end = leases === 0 ? '' : `; it ends in ${timeout} s at the latest`;
      console.log(draining ? `It drains: ${rest}${end}.` : `It does not drain (any more): ${rest}.`);
    });
}

/** As `3 min` or `2 d`. */
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
