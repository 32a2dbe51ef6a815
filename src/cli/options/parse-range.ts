/**
 * Parses ranges of slice numbers.
 * @module
 */
import { InvalidArgumentError } from 'commander';

/** `7` or `1-100`: first and last slice, both included, counted from 1. */
export function parseRange(text: string): [from: number, to: number] {
  const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(text.trim()) ?? [];
  const from = Number(first);
  const to = Number(last);
  if (Number.isSafeInteger(from) && Number.isSafeInteger(to) && from >= 1 && from <= to) return [from, to];
  throw new InvalidArgumentError(
    'It must be slice numbers of at least 1, the smaller one first, like 7 or 1-100.',
  );
}
