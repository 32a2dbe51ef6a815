/**
 * Readers of option values that several commands share: each refuses with a sentence that commander shows.
 * @module
 */
import { InvalidArgumentError, Option } from 'commander';

/** `--scheduler`, wherever a command talks to one. */
export const schedulerOption = (): Option =>
  new Option('-s, --scheduler <url>', 'address of the scheduler')
    .env('MANYHANDS_SCHEDULER')
    .default('http://localhost:8462');

/** A whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isInteger(value) || value < min || value > max) {
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
    }
    return value;
  };
}
