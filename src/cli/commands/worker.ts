/** `manyhands worker`: lends this machine until a signal. @module */
import { Command, Option } from 'commander';
import { findIsolations, Worker, type Isolation, type WorkerStatus } from '../../entry/worker.node.js';
import { formatCredits, wallet } from '../../entry/wallet.node.js';
import { examples } from '../help.js';
import { schedulerOption, wholeNumber } from '../options.js';
import { printable } from '../terminal.js';
import { untilSignal } from '../until-signal.js';

interface Options {
  scheduler: string;
  cores?: number;
  isolation?: Isolation;
  paymentAddress?: string;
  owner?: string[];
  job?: string[];
  join?: string[];
}

const CORES_MAX = 128;

export function workerCommand(): Command {
  return new Command('worker')
    .description(
      "Lend this machine to strangers' jobs, in Deno or in a browser without a window, where they can touch nothing.",
    )
    .addOption(schedulerOption())
    .option(
      '-c, --cores <number>',
      'sandboxes at work at most (default: all cores)',
      wholeNumber(1, CORES_MAX),
    )
    .addOption(
      new Option(
        '--isolation <kind>',
        'how job code is kept in (default: deno where there is one, else chromium); thread is for jobs of listed owners only',
      ).choices(['deno', 'chromium', 'thread']),
    )
    .option('--payment-address <address>', 'account that is paid')
    .option(
      '--owner <address...>',
      'take jobs of these owners (default: anybody; with thread: your own identity)',
    )
    .option('--job <id...>', 'take these jobs only')
    .option('--join <key[,secret]...>', 'take jobs of these compute groups (default: public)')
    .addHelpText(
      'after',
      examples(
        ['manyhands worker', 'all cores, for your own jobs on this machine'],
        ['manyhands worker --cores 2 --scheduler http://10.0.0.5:8462', 'two cores, another scheduler'],
        ['manyhands worker --join lab,secret', 'for the jobs of a group'],
      ),
    )
    .addHelpText('after', isolationsHere)
    .action(runWorker);
}

async function runWorker(options: Options): Promise<void> {
  const { owner, job, join, ...rest } = options;
  const worker = new Worker({ ...rest, owners: owner, jobs: job, groups: join?.map(toGroup) });
  worker.on('connect', ({ url }) => console.log(`Connected to ${url}.`));
  worker.on('disconnect', () => console.log('The connection is lost; trying again.'));
  worker.on('job', ({ jobId, name }) =>
    console.log(`Working on ${name === '' ? 'a job' : printable(name)} (${jobId}).`),
  );
  worker.on('warning', ({ error }) => console.error(`warning: ${printable(error.message)}`));
  const ended = new Promise<Error>((resolve) => worker.on('error', ({ error }) => resolve(error)));
  await worker.start();
  console.log(await whoseJobs(options.isolation, owner));
  console.log('Lending this machine. Ctrl-C hands back what has not begun and stops.');
  const reason = await Promise.race([untilSignal(), ended]);
  await worker.stop();
  console.log(summary(worker.status));
  if (reason instanceof Error) throw reason;
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

/** What the machine has done for others. */
function summary({ slices, computeMs, earned }: WorkerStatus): string {
  const seconds = (computeMs / 1_000).toFixed(1);
  return `${slices} ${slices === 1 ? 'slice' : 'slices'}, ${seconds} s of computing, ${formatCredits(earned)} credits.`;
}

function toGroup(text: string): { key: string; secret?: string } {
  const comma = text.indexOf(',');
  return comma < 0 ? { key: text } : { key: text.slice(0, comma), secret: text.slice(comma + 1) };
}
