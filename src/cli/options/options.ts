/**
 * Options and arguments that several commands share. A malformed value is a usage error, which commander prints; a
 * well-formed value that does not exist is an error with a code.
 * @module
 */
import { Argument, InvalidArgumentError, Option } from 'commander';
import { parseAddress, type Address } from '../../entry/wallet.node.js';
import { defaultDataDir } from './home.js';

const DEFAULT_SCHEDULER = 'http://localhost:8462';
const JOB_ID = /^[A-Za-z0-9_-]{22}$/;

/** The option `--scheduler`. Its default is MANYHANDS_SCHEDULER, if that is not empty. */
export const schedulerOption = (): Option =>
  new Option('-s, --scheduler <url>', 'address of the scheduler').default(
    process.env.MANYHANDS_SCHEDULER || DEFAULT_SCHEDULER,
    `MANYHANDS_SCHEDULER, or ${DEFAULT_SCHEDULER}`,
  );

/** The option `--data-dir`. */
export const dataDirOption = (what: string): Option =>
  new Option('-d, --data-dir <folder>', what).default(defaultDataDir(), '~/.manyhands/scheduler');

/** The argument `<id>`, the id of a job. A malformed id is rejected before any request. */
export const jobIdArgument = (): Argument =>
  new Argument('<id>', "the job's id, 22 characters").argParser(jobId);

/** The argument `<id...>`, ids of jobs. */
export const jobIdsArgument = (): Argument =>
  new Argument('<id...>', 'ids of jobs, 22 characters each').argParser(each(jobId));

/** Parses the id of a job or worker. */
export function jobId(given: string): string {
  const text = removePrefix(given);
  if (JOB_ID.test(text)) return text;
  throw new InvalidArgumentError('An id has 22 letters, digits, - and _.');
}

/** Parses the address of an account or an owner. */
export function addressOption(text: string): Address {
  try {
    return parseAddress(text);
  } catch {
    throw new InvalidArgumentError('An address is 0x and 40 hexadecimal digits.');
  }
}

/** Parses each value of an option that accepts several values. */
export function each<T>(parse: (text: string) => T): (text: string, before?: T[]) => T[] {
  return (text, before = []) => [...before, parse(text)];
}

/** A prefix for an id that begins with a dash, so that commander does not parse it as an option. */
const ID_PREFIX = '\u2060';

/** Adds the prefix to the ids among the arguments that begin with a dash, as one in 64 does. `removePrefix` removes it. */
export function prefixDashedIds(args: readonly string[]): string[] {
  const known = /^--[a-z-]+$/;
  return args.map((arg) =>
    arg.startsWith('-') && JOB_ID.test(arg) && !known.test(arg) ? ID_PREFIX + arg : arg,
  );
}

/** Removes the prefix. */
export function removePrefix(text: string): string {
  return text.startsWith(ID_PREFIX) ? text.slice(ID_PREFIX.length) : text;
}

/** Parses a whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
    }
    return value;
  };
}
