/**
 * Reads the attributes that a site sets. Invalid values are reported to a callback.
 * @module
 */

const LIMITS = {
  cores: { what: 'a number from 1', fits: (value: number) => value >= 1 },
  share: { what: 'a number above 0 and up to 1', fits: (value: number) => value > 0 && value <= 1 },
  'bytes-per-day': { what: 'a number of bytes from 1', fits: (value: number) => value >= 1 },
};

export type LimitName = keyof typeof LIMITS;

/** The number in an attribute; undefined if it is absent or invalid. `warn` receives the reason for an invalid one. */
export function readLimit(
  name: LimitName,
  text: string | null,
  warn: (text: string) => void,
): number | undefined {
  if (text === null || text.trim() === '') return undefined;
  const value = Number(text);
  const { what, fits } = LIMITS[name];
  if (Number.isFinite(value) && fits(value)) return value;
  warn(`<manyhands-worker>: ${name}="${text}" is not ${what} and is ignored.`);
  return undefined;
}

const CHOICES = { lang: ['en', 'de'], theme: ['light', 'dark'] } as const;

/** The value of an attribute if it is one of the choices. `warn` receives a message for any other value. */
export function readChoice<K extends keyof typeof CHOICES>(
  name: K,
  text: string | null,
  warn: (text: string) => void,
): (typeof CHOICES)[K][number] | undefined {
  if (text === null || text === '') return undefined;
  const choices: readonly (typeof CHOICES)[K][number][] = CHOICES[name];
  const found = choices.find((one) => one === text);
  if (found === undefined)
    warn(`<manyhands-worker>: ${name}="${text}" is not one of ${choices.join(', ')} and is ignored.`);
  return found;
}

/** The problem with the groups of a site, as a sentence; undefined if there is none. */
export function groupsWarning(
  problem: string | undefined,
  count: number,
  isOnly: boolean,
): string | undefined {
  const consequence = isOnly ? ' Because of only-groups, no job runs.' : '';
  if (problem !== undefined)
    return `<manyhands-worker>: the attribute join is invalid: ${problem}.${consequence}`;
  if (isOnly && count === 0)
    return '<manyhands-worker>: only-groups is set and join names no group, so no job runs.';
  return undefined;
}
