/** `manyhands worker`: runs a worker on this machine until a signal. @module */
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
import { addressOption, each, jobId, schedulerOption, wholeNumber } from '../options/options.js';
import { untilSignal } from '../console/until-signal.js';
import { OUTPUTS, showWorker } from '../worker/output.js';
import type { OutputKind } from '../worker/output.js';
import { parseBytes, parseCredits, parseGroup, parseShare } from '../options/parse-options.js';
import type { JoinOption } from '../options/parse-options.js';
import { summary } from '../worker/event-text.js';

interface Options {
  scheduler: string;
  cores?: number;
  isolation?: Isolation;
  share?: number;
  policy?: WarmPolicy;
  paymentAddress?: string;
  owner?: string[];
  jobs?: string[];
  join?: readonly JoinOption[];
  leavePublicGroup?: boolean;
  minimumPrice?: bigint;
  minWage?: bigint;
  allowOrigin?: string[];
  bytesPerDay?: number;
  hours?: string;
  output?: OutputKind;
}

const CORES_MAX = 128;

const EXAMPLES = examples(
  ['manyhands worker', 'all cores, for jobs of any owner'],
  ['manyhands worker --isolation thread', 'only your own jobs: needs neither Deno nor a browser'],
  ['manyhands worker --cores 2 --scheduler http://10.0.0.5:8462', 'two cores, another scheduler'],
  ['manyhands worker --join lab,secret --leave-public-group', 'only jobs of one group'],
  ['manyhands worker --share 25% --bytes-per-day 1GB', 'a quarter of the time, with limited traffic'],
);

/** The name of --minimum-price up to version 0.1. */
const formerMinimumPriceOption = (): Option =>
  new Option('--min-wage <credits>').argParser(parseCredits).hideHelp();

export function workerCommand(): Command {
  return new Command('worker')
    .description(
      'Run a worker for the jobs of a scheduler. Jobs of any owner run in Deno or in a headless browser, without access to your files and network; with --isolation thread only your own jobs run.',
    )
    .addOption(schedulerOption())
    .option(
      '-c, --cores <number>',
      'maximum number of sandboxes that compute (default: all cores)',
      wholeNumber(1, CORES_MAX),
    )
    .option(
      '--share <part>',
      'fraction of time that each sandbox computes, like 0.5 or 50% (default: 1)',
      parseShare,
    )
    .addOption(
      new Option(
        '--isolation <kind>',
        'how job code is isolated (default: deno if installed, else chromium); thread is only for jobs of listed owners',
      ).choices(['deno', 'chromium', 'thread']),
    )
    .option('--payment-address <address>', 'account that receives the payment', addressOption)
    .option(
      '--owner <address...>',
      'take only jobs of these owners (default: all; with thread: your own identity)',
      each(addressOption),
    )
    .option('--job, --jobs <id...>', 'take only these jobs', each(jobId))
    .option(
      '--join <joinKey,joinSecret...>',
      'also take jobs of these compute groups; a group without a secret is given as its joinKey',
      each(parseGroup),
    )
    .option('--leave-public-group', 'take only jobs of the groups in --join')
    .option(
      '--minimum-price <credits>',
      'take only slices with at least this price (default: 0)',
      parseCredits,
    )
    .addOption(formerMinimumPriceOption())
    .option(
      '--allow-origin <origin...>',
      'origins besides the scheduler that input may be downloaded from; they learn your IP address',
    )
    .option('--bytes-per-day <size>', 'pause until midnight UTC after this traffic, like 500MB', parseBytes)
    .option(
      '--hours <from-to>',
      'compute only in these hours of the day, local time, like 22-7 or 22:30-07:00',
    )
    .addOption(
      new Option(
        '--policy <kind>',
        'what is kept between jobs to start faster (default: warm-function)',
      ).choices(['cold', 'warm-runtime', 'warm-function']),
    )
    .addOption(
      new Option(
        '--output <kind>',
        'form of the output (default: dashboard on a terminal, else log)',
      ).choices(OUTPUTS),
    )
    .addHelpText('after', EXAMPLES)
    .addHelpText('after', isolationsHere)
    .action(runWorker);
}

async function runWorker(options: Options): Promise<void> {
  const { owner, join, leavePublicGroup, minimumPrice, minWage, allowOrigin, output, ...rest } = options;
  const worker = new Worker({
    ...rest,
    owners: owner,
    groups: groupsOf(join, leavePublicGroup),
    minimumPrice: minimumPrice ?? minWage,
    allowOrigins: allowOrigin,
  });
  const kind = output ?? (process.stdout.isTTY ? 'dashboard' : 'log');
  const failed = new Promise<Error>((resolve) => worker.on('error', ({ error }) => resolve(error)));
  const shown = showWorker(worker, kind, rest.scheduler);
  let reason: Error | NodeJS.Signals;
  // Signals are handled from here on: a signal during the start stops the worker, a later one returns its unstarted
  // slices.
  const signalled = untilSignal(() => void worker.stop({ force: true }));
  void signalled.then(() => (worker.state === 'starting' ? worker.stop() : undefined));
  try {
    await worker.start();
    shown.print(await ownersText(options.isolation, owner));
    shown.print('The worker is running. Ctrl-C returns slices that have not started, and stops it.');
    reason = await Promise.race([signalled, failed]);
    shown.print(
      reason instanceof Error
        ? 'The worker cannot continue: stopping.'
        : 'Stopping. Press Ctrl-C again to stop without waiting.',
    );
    await worker.stop();
  } finally {
    shown.end();
  }
  if (kind !== 'json') console.log(summary(worker.status, options.paymentAddress !== undefined));
  if (reason instanceof Error) throw reason;
}

/** The groups of --join, and the public group unless --leave-public-group is given. */
function groupsOf(
  join: readonly JoinOption[] | undefined,
  leavePublicGroup = false,
): readonly JoinOption[] | undefined {
  if (join === undefined && !leavePublicGroup) return undefined;
  if (join === undefined) {
    throw new ManyhandsError(
      'INVALID_ARGUMENT',
      'Without the public group there is no group: give one with --join <joinKey,joinSecret>.',
      { argument: '--leave-public-group' },
    );
  }
  return leavePublicGroup ? join : [{ joinKey: 'public' }, ...join];
}

async function ownersText(isolation: Isolation | undefined, owner: string[] | undefined): Promise<string> {
  const effectiveIsolation = isolation ?? findIsolations()[0]?.isolation ?? 'thread';
  const owners = owner ?? (effectiveIsolation === 'thread' ? [(await wallet.getId()).address] : undefined);
  if (owners === undefined)
    return `Taking jobs of all owners, isolated with ${effectiveIsolation} (--owner limits the owners).`;
  return `Taking jobs of ${owners.join(', ')}, isolated with ${effectiveIsolation} (--owner sets other owners).`;
}

/** The isolations of this machine, for the help text. */
function isolationsHere(): string {
  const found = findIsolations().map(({ isolation, path }) => `  ${isolation.padEnd(9)} ${path}`);
  const none =
    '  none; install Deno (npm install deno) or Chromium, or use --isolation thread for your own jobs';
  return `\nIsolations for untrusted code on this machine:\n${(found.length === 0 ? [none] : found).join('\n')}`;
}
