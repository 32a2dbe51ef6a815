/** `manyhands worker`: lends this machine until a signal. @module */
import { Command, Option } from 'commander';
import {
  findIsolations,
  ManyhandsError,
  Worker,
  type Isolation,
  type WarmPolicy,
} from '../../entry/worker.node.js';
import { wallet } from '../../entry/wallet.node.js';
import { examples } from '../console/help.js';
import { address, each, jobId, schedulerOption, wholeNumber } from '../options/options.js';
import { untilSignal } from '../console/until-signal.js';
import { OUTPUTS, showWorker } from '../worker/output.js';
import type { OutputKind } from '../worker/output.js';
import { parseBytes, parseCredits, parseGroup, parseShare } from '../options/parse-options.js';
import type { JoinedGroup } from '../options/parse-options.js';
import { summary } from '../worker/words.js';

interface Options {
  scheduler: string;
  cores?: number;
  isolation?: Isolation;
  share?: number;
  policy?: WarmPolicy;
  paymentAddress?: string;
  owner?: string[];
  jobs?: string[];
  join?: readonly JoinedGroup[];
  leavePublicGroup?: boolean;
  minWage?: bigint;
  allowOrigin?: string[];
  bytesPerDay?: number;
  hours?: string;
  output?: OutputKind;
}

const CORES_MAX = 128;

export function workerCommand(): Command {
  return new Command('worker')
    .description(
      "Lend this machine to the jobs of a scheduler: to anybody's, which run in Deno or in a browser without a window and can touch nothing of yours; or to your own alone, with --isolation thread.",
    )
    .addOption(schedulerOption())
    .option(
      '-c, --cores <number>',
      'sandboxes at work at most (default: all cores)',
      wholeNumber(1, CORES_MAX),
    )
    .option(
      '--share <part>',
      'part of its time that each sandbox works, like 0.5 or 50% (default: 1)',
      parseShare,
    )
    .addOption(
      new Option(
        '--isolation <kind>',
        'how job code is kept in (default: deno where there is one, else chromium); thread is for jobs of listed owners only',
      ).choices(['deno', 'chromium', 'thread']),
    )
    .option('--payment-address <address>', 'account that is paid', address)
    .option(
      '--owner <address...>',
      'take jobs of these owners (default: anybody; with thread: your own identity)',
      each(address),
    )
    .option('--job, --jobs <id...>', 'take these jobs only', each(jobId))
    .option(
      '--join <key,secret...>',
      'take jobs of these compute groups too; a group without a secret is named by its key alone',
      each(parseGroup),
    )
    .option('--leave-public-group', 'take jobs of the groups that were joined only')
    .option('--min-wage <credits>', 'take no slice that pays less (default: 0)', parseCredits)
    .option(
      '--allow-origin <origin...>',
      'sites that input may be fetched from besides the scheduler, for jobs that ask; they learn your IP address',
    )
    .option('--bytes-per-day <size>', 'pause till midnight UTC after so many bytes, like 500MB', parseBytes)
    .option('--hours <from-to>', 'work in these hours of the day alone, local time, like 22-7 or 22:30-07:00')
    .addOption(
      new Option('--policy <kind>', 'what is kept warm (default: warm-function)').choices([
        'cold',
        'warm-runtime',
        'warm-function',
      ]),
    )
    .addOption(
      new Option(
        '--output <kind>',
        'how it tells of itself (default: dashboard on a terminal, else log)',
      ).choices(OUTPUTS),
    )
    .addHelpText(
      'after',
      examples(
        ['manyhands worker', "all cores, for anybody's jobs"],
        ['manyhands worker --isolation thread', 'for your own jobs alone: needs no Deno and no browser'],
        ['manyhands worker --cores 2 --scheduler http://10.0.0.5:8462', 'two cores, another scheduler'],
        ['manyhands worker --join lab,secret --leave-public-group', 'for the jobs of a group alone'],
        ['manyhands worker --share 25% --bytes-per-day 1GB', 'a quarter of its time, and little traffic'],
      ),
    )
    .addHelpText('after', isolationsHere)
    .action(runWorker);
}

async function runWorker(options: Options): Promise<void> {
  const { owner, join, leavePublicGroup, minWage, allowOrigin, output, ...rest } = options;
  const worker = new Worker({
    ...rest,
    owners: owner,
    groups: groupsOf(join, leavePublicGroup),
    minimumPrice: minWage,
    allowOrigins: allowOrigin,
  });
  const kind = output ?? (process.stdout.isTTY ? 'dashboard' : 'log');
  const ended = new Promise<Error>((resolve) => worker.on('error', ({ error }) => resolve(error)));
  const shown = showWorker(worker, kind, rest.scheduler);
  let reason: Error | NodeJS.Signals;
  // Heard from now on: one that comes while it connects ends it, and one just behind that hands back.
  const signalled = untilSignal(() => void worker.stop({ force: true }));
  void signalled.then(() => (worker.state === 'starting' ? worker.stop() : undefined));
  try {
    await worker.start();
    shown.say(await whoseJobs(options.isolation, owner));
    shown.say('Lending this machine. Ctrl-C hands back what has not begun and stops.');
    reason = await Promise.race([signalled, ended]);
    shown.say(
      reason instanceof Error ? 'It cannot go on: stopping.' : 'Stopping. Ctrl-C again does not wait.',
    );
    await worker.stop();
  } finally {
    shown.end();
  }
  if (kind !== 'json') console.log(summary(worker.status, options.paymentAddress !== undefined));
  if (reason instanceof Error) throw reason;
}

/** The groups that were joined, and the public one unless it was left. */
function groupsOf(
  join: readonly JoinedGroup[] | undefined,
  leavePublicGroup = false,
): readonly JoinedGroup[] | undefined {
  if (join === undefined && !leavePublicGroup) return undefined;
  if (join === undefined) {
    throw new ManyhandsError(
      'INVALID_ARGUMENT',
      'Without the public group no group is left: name one with --join <key,secret>.',
      { argument: '--leave-public-group' },
    );
  }
  return leavePublicGroup ? join : [{ key: 'public' }, ...join];
}

async function whoseJobs(isolation: Isolation | undefined, owner: string[] | undefined): Promise<string> {
  const kept = isolation ?? findIsolations()[0]?.isolation ?? 'thread';
  const owners = owner ?? (kept === 'thread' ? [(await wallet.getId()).address] : undefined);
  if (owners === undefined) return `Taking anybody's jobs, kept in by ${kept} (--owner limits whose).`;
  return `Taking jobs of ${owners.join(', ')}, kept in by ${kept} (--owner names others).`;
}

/** For the help: what this machine has. */
function isolationsHere(): string {
  const found = findIsolations().map(({ isolation, path }) => `  ${isolation.padEnd(9)} ${path}`);
  const none =
    '  nothing; install Deno (npm install deno) or Chromium, or choose --isolation thread for your own jobs';
  return `\nFound on this machine to keep strangers' code in:\n${(found.length === 0 ? [none] : found).join('\n')}`;
}
