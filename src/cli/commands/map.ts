/** `manyhands map`: a filter that calls a work function on each line, row or file. @module */
import { constants } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { examples } from '../console/help.js';
import type { InputFormat } from '../map/input-formats.js';
import { runMap, type MapOptions } from '../map/run-map.js';
import { readWork, type WorkSourceOptions } from '../map/work-source.js';
import { each, schedulerOption, wholeNumber } from '../options/options.js';
import { parseCredits, parseGroup, type JoinOption } from '../options/parse-options.js';

const CORES_MAX = 128;
const SECOND_MS = 1_000;
const TIMEOUT_SECONDS_MAX = 86_400;
const EXIT_SIGNAL = 128;

interface Options extends WorkSourceOptions {
  scheduler: string;
  local?: number | true;
  lan?: boolean;
  json?: boolean;
  lines?: boolean;
  csv?: boolean;
  files?: string;
  args: readonly unknown[];
  unordered?: boolean;
  keepErrors?: boolean;
  failFast?: boolean;
  name?: string;
  price?: bigint;
  ceiling?: bigint;
  join?: JoinOption[];
  timeout?: number;
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
  return new Command('map')
    .description(
      'Call a work function on each line of standard input, and write its results to standard output, one line for each, in the order of the input.',
    )
    .argument('[work]', 'file or URL of the work function: JavaScript, TypeScript, Python or WebAssembly')
    .option('-e, --eval <source>', 'the source of the work function, in place of a file')
    .option('--python', 'the work function is Python (default: by the extension of its file)')
    .addOption(
      new Option('--wasm', 'the work function is a WebAssembly module').conflicts(['python', 'eval']),
    )
    .option(
      '--args <json>',
      'arguments of the work function behind the datum, as a JSON array',
      parseArgs,
      [],
    )
    .addOption(
      new Option('--json', 'each line is a JSON value (default)').conflicts(['lines', 'csv', 'files']),
    )
    .addOption(new Option('--lines', 'each line is a string').conflicts(['csv', 'files']))
    .addOption(
      new Option('--csv', 'CSV with a header: each row is an object; the output is CSV too').conflicts(
        'files',
      ),
    )
    .option('--files <pattern>', "the bytes of each file that matches a pattern, like 'in/**/*.png'")
    .option('--unordered', 'write results as they come')
    .option('--keep-errors', 'write an error in the place of its result, as JSON, and exit with 0')
    .addOption(new Option('--fail-fast', 'cancel all at the first error').conflicts('keepErrors'))
    .option(
      '--local [cores]',
      'compute on this machine alone (default: all cores), without a scheduler',
      wholeNumber(1, CORES_MAX),
    )
    .option('--lan', 'run a scheduler of its own, which phones and machines nearby join; prints a QR code')
    .addOption(schedulerOption())
    .option('--join <joinKey,joinSecret...>', 'compute groups whose workers may compute it', each(parseGroup))
    .option('--name <text>', 'name of the job, which donors see')
    .option('--price <credits>', 'payment for each slice (default: 0)', parseCredits)
    .option('--ceiling <credits>', 'maximum cost of the whole job', parseCredits)
    .option(
      '--timeout <seconds>',
      'maximum time of one slice (default: a day)',
      wholeNumber(1, TIMEOUT_SECONDS_MAX),
    )
    .option('--no-progress', 'show no progress on the terminal')
    .addHelpText('after', EXAMPLES)
    .action(map);
}

async function map(given: string | undefined, options: Options): Promise<void> {
  const { json: _json, lines, csv, timeout, eval: source, python, wasm, ...rest } = options;
  const work = readWork(given, { ...(source === undefined ? {} : { eval: source }), python, wasm });
  const format: InputFormat = csv === true ? 'csv' : lines === true ? 'lines' : 'json';
  const run: MapOptions = { ...rest, format };
  if (timeout !== undefined) run.sliceTimeoutMs = timeout * SECOND_MS;
  const end = await runMap(work, run);
  // The exit code of shells for a program that a signal has ended.
  if (end !== 'done' && end !== 'closed') process.exitCode = EXIT_SIGNAL + constants.signals[end];
}

function parseArgs(text: string): readonly unknown[] {
  try {
    const args: unknown = JSON.parse(text);
    if (Array.isArray(args)) return args;
  } catch {
    // The error below says what is expected.
  }
  throw new InvalidArgumentError('It must be a JSON array, like \'[10, "m"]\'.');
}
