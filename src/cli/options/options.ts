/**
 * Options and arguments that several commands share. What cannot be read as what it should be is wrong usage, and is
 * refused with a sentence that commander shows; a value of the right form that is not there is a coded error.
 * @module
 */
import { Argument, InvalidArgumentError, Option } from 'commander';
import { parseAddress, type Address } from '../../entry/wallet.node.js';
import { defaultDataDir } from './home.js';

const DEFAULT_SCHEDULER = 'http://localhost:8462';
const JOB_ID = /^[A-Za-z0-9_-]{22}$/;

/** `--scheduler`, wherever a command talks to one; else MANYHANDS_SCHEDULER, where it is not empty. */
export const schedulerOption = (): Option =>
  new Option('-s, --scheduler <url>', 'address of the scheduler').default(
    process.env.MANYHANDS_SCHEDULER || DEFAULT_SCHEDULER,
    `MANYHANDS_SCHEDULER, or ${DEFAULT_SCHEDULER}`,
  );

/** `--data-dir`, wherever a command needs a scheduler's folder. */
export const dataDirOption = (what: string): Option =>
  new Option('-d, --data-dir <folder>', what).default(defaultDataDir(), '~/.manyhands/scheduler');

/** `<id>` of a job; one that no job can have is refused before anybody is asked. */
export const jobIdArgument = (): Argument =>
  new Argument('<id>', "the job's id, 22 characters").argParser(jobId);

/** `<id...>` of jobs. */
export const jobIdsArgument = (): Argument =>
  new Argument('<id...>', 'ids of jobs, 22 characters each').argParser(each(jobId));

/** A job's id. */
export function jobId(shielded: string): string {
  const text = unshield(shielded);
  if (JOB_ID.test(text)) return text;
  throw new InvalidArgumentError('An id has 22 letters, digits, - and _.');
}

/** The address of an account or an owner. */
export function address(text: string): Address {
  try {
    return parseAddress(text);
  } catch {
    throw new InvalidArgumentError('An address is 0x and 40 hexadecimal digits.');
  }
}

/** For an option that takes several values. */
export function each<T>(parse: (text: string) => T): (text: string, before?: T[]) => T[] {
  return (text, before = []) => [...before, parse(text)];
}

/** Stands before an id that begins with a dash, so that commander does not take it for an option. */
const SHIELD = '\u2060';

/** The arguments, with ids that begin with a dash shielded: one in 64 ids does. `unshield` takes it away. */
export function shieldIds(args: readonly string[]): string[] {
  const known = /^--[a-z-]+$/;
  return args.map((arg) =>
    arg.startsWith('-') && JOB_ID.test(arg) && !known.test(arg) ? SHIELD + arg : arg,
  );
}

/** What was typed. */
export function unshield(text: string): string {
  return text.startsWith(SHIELD) ? text.slice(SHIELD.length) : text;
}

/** A whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
    }
    return value;
  };
}
