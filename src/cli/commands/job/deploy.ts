/** `manyhands job deploy`: deploys a job whose slices are standard input, and prints its id. @module */
import { constants } from 'node:os';
import { Command } from 'commander';
import { init } from '../../../entry/deployer.node.js';
import { examples } from '../../console/help.js';
import { untilSignal } from '../../console/until-signal.js';
import { commandJob, commandOffer } from '../../input/command-job.js';
import { openMapInput } from '../../input/input-formats.js';
import {
  addInputOptions,
  addJobOptions,
  addWorkOptions,
  inputFormat,
  type InputOptions,
  type WorkOptions,
} from '../../input/input-options.js';
import { RunReader } from '../../input/run-reader.js';
import { readWork } from '../../input/work-source.js';
import { schedulerOption } from '../../options/options.js';

const EXIT_SIGNAL = 128;

interface Options extends InputOptions, WorkOptions {
  scheduler: string;
  open?: boolean;
}

export function deployCommand(): Command {
  const command = new Command('deploy')
    .description(
      'Deploy a job with a slice for each line of standard input, and print its id. It runs without this program.',
    )
    .argument('[work]', 'file or URL of the work function: JavaScript, TypeScript, Python or WebAssembly');
  addWorkOptions(command);
  addInputOptions(command).option('--open', 'leave it open for more slices, until job close');
  return addJobOptions(command)
    .addOption(schedulerOption())
    .addHelpText(
      'after',
      examples(
        ['id=$(manyhands job deploy work.js < in.jsonl)', 'deploy it'],
        ['manyhands job results $id > out.jsonl', 'the results, later'],
      ),
    )
    .action(deploy);
}

async function deploy(given: string | undefined, options: Options): Promise<void> {
  init({ scheduler: options.scheduler });
  const work = readWork(given, options);
  const input = await openMapInput(inputFormat(options), options.files);
  const reader = new RunReader(input.runs);
  const job = commandJob([], work, options, 'manyhands job');
  // The scheduler gets the whole input: this program does not wait for results.
  job.readAhead = { slices: Infinity, bytes: Infinity };
  job.autoClose = false;
  const interrupted = untilSignal();
  await job.deploy(commandOffer(options));
  const signal = await Promise.race([job.addSlices(reader).then(() => undefined), interrupted]);
  if (signal !== undefined || reader.error !== undefined) {
    // A job whose input is incomplete would give results that look complete.
    await job.cancel(signal === undefined ? 'its input failed' : 'its upload was interrupted');
    if (signal !== undefined) process.exit(EXIT_SIGNAL + constants.signals[signal]);
    throw reader.error!;
  }
  if (options.open !== true) await job.close();
  console.log(job.id);
}
