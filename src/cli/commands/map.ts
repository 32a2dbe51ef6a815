/** `manyhands map`: a filter that calls a work function on each line, row or file. @module */
import { constants } from 'node:os';
import { Command, Option } from 'commander';
import { examples } from '../console/help.js';
import {
  addInputOptions,
  addJobOptions,
  addWorkOptions,
  type InputOptions,
  type WorkOptions,
} from '../input/input-options.js';
import { readWork } from '../input/work-source.js';
import { runMapCommand } from '../map/run-map-command.js';
import { schedulerOption, wholeNumber } from '../options/options.js';

const CORES_MAX = 128;
const EXIT_SIGNAL = 128;

interface Options extends InputOptions, WorkOptions {
  scheduler: string;
  local?: number | true;
  lan?: boolean;
  unordered?: boolean;
  keepErrors?: boolean;
  failFast?: boolean;
  progress: boolean;
}

const EXAMPLES = examples(
  ["seq 9 | manyhands map --local -e 'x => x * x'", 'on the cores of this machine'],
  ['manyhands map work.js < in.jsonl > out.jsonl', 'by the workers of the scheduler'],
  ["manyhands map --python -e 'len' --lines < words.txt", 'Python, and lines of text'],
  ["manyhands map thumbnail.js --files 'photos/*.jpg'", 'a slice for each file'],
  ['manyhands map work.js --lan < in.jsonl', 'phones nearby join by a QR code'],
);

export function mapCommand(): Command {
  const command = new Command('map')
    .description(
      'Call a work function on each line of standard input, and write its results to standard output, one line for each, in the order of the input.',
    )
    .argument('[work]', 'file or URL of the work function: JavaScript, TypeScript, Python or WebAssembly');
  addWorkOptions(command);
  addInputOptions(command, '; the output is CSV too')
    .option('--unordered', 'write results as they come')
    .option('--keep-errors', 'write an error in the place of its result, as JSON, and exit with 0')
    .addOption(new Option('--fail-fast', 'cancel all at the first error').conflicts('keepErrors'))
    .option(
      '--local [cores]',
      'compute on this machine alone (default: all cores), without a scheduler',
      wholeNumber(1, CORES_MAX),
    )
    .option('--lan', 'run a scheduler of its own, which phones and machines nearby join; prints a QR code')
    .addOption(schedulerOption());
  return addJobOptions(command)
    .option('--no-progress', 'show no progress on the terminal')
    .addHelpText('after', EXAMPLES)
    .action(map);
}

async function map(given: string | undefined, options: Options): Promise<void> {
  const end = await runMapCommand(readWork(given, options), options);
  // The exit code of shells for a program that a signal has ended.
  if (end !== 'done' && end !== 'closed') process.exitCode = EXIT_SIGNAL + constants.signals[end];
}
