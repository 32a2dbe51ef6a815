/**
 * The options of the commands that read data: its form, and the work function of `map` and `job deploy`.
 * @module
 */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { each, wholeNumber } from '../options/options.js';
import { parseCredits, parseGroup, type JoinOption } from '../options/parse-options.js';
import type { InputFormat } from './input-formats.js';

const SECOND_MS = 1_000;
const TIMEOUT_SECONDS_MAX = 86_400;

/** The options of the form of the input. */
export interface InputOptions {
  json?: boolean;
  lines?: boolean;
  csv?: boolean;
  /** A glob pattern. */
  files?: string;
}

export function inputFormat({ lines, csv }: InputOptions): InputFormat {
  if (csv === true) return 'csv';
  return lines === true ? 'lines' : 'json';
}

/** Adds the options of the form of the input. `csvOutput` says what `--csv` means for the output, if there is one. */
export function addInputOptions(command: Command, csvOutput = ''): Command {
  return command
    .addOption(
      new Option('--json', 'each line is a JSON value (default)').conflicts(['lines', 'csv', 'files']),
    )
    .addOption(new Option('--lines', 'each line is a string').conflicts(['csv', 'files']))
    .addOption(new Option('--csv', `CSV with a header: each row is an object${csvOutput}`).conflicts('files'))
    .option('--files <pattern>', "the bytes of each file that matches a pattern, like 'in/**/*.png'");
}

/** The options that say what the work function is. */
export interface WorkSourceOptions {
  eval?: string;
  python?: boolean;
  wasm?: boolean;
}

/** The options of a work function and of its job. */
export interface WorkOptions extends WorkSourceOptions {
  args: readonly unknown[];
  name?: string;
  price?: bigint;
  ceiling?: bigint;
  join?: JoinOption[];
  /** Seconds. */
  timeout?: number;
}

/** Adds the options of a work function. */
export function addWorkOptions(command: Command): Command {
  return command
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
    );
}

/** Adds the options of a job that is deployed. */
export function addJobOptions(command: Command): Command {
  return command
    .option('--join <joinKey,joinSecret...>', 'compute groups whose workers may compute it', each(parseGroup))
    .option('--name <text>', 'name of the job, which donors see')
    .option('--price <credits>', 'payment for each slice (default: 0)', parseCredits)
    .option('--ceiling <credits>', 'maximum cost of the whole job', parseCredits)
    .option(
      '--timeout <seconds>',
      'maximum time of one slice (default: a day)',
      wholeNumber(1, TIMEOUT_SECONDS_MAX),
    );
}

/** The milliseconds of `--timeout`. */
export function sliceTimeoutOf({ timeout }: WorkOptions): number | undefined {
  return timeout === undefined ? undefined : timeout * SECOND_MS;
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
