/**
 * What a site writes as attributes: read, or reported in the console where it is not what it should be.
 * @module
 */

const LIMITS = {
  cores: { what: 'a number from 1', fits: (value: number) => value >= 1 },
  share: { what: 'a number above 0 and up to 1', fits: (value: number) => value > 0 && value <= 1 },
  'bytes-per-day': { what: 'a number of bytes from 1', fits: (value: number) => value >= 1 },
};

export type LimitName = keyof typeof LIMITS;

/** The number of that attribute; nothing where there is none. `complain` hears why one does not count. */
export function readLimit(
  name: LimitName,
  text: string | null,
  complain: (text: string) => void,
): number | undefined {
  if (text === null || text.trim() === '') return undefined;
  const value = Number(text);
  const { what, fits } = LIMITS[name];
  if (Number.isFinite(value) && fits(value)) return value;
  complain(`<manyhands-worker>: ${name}="${text}" is not ${what}, and limits nothing.`);
  return undefined;
}

const CHOICES = { lang: ['en', 'de'], theme: ['light', 'dark'] } as const;

/** The value of that attribute where it is one of those that there are. `complain` hears of another one. */
export function readChoice<K extends keyof typeof CHOICES>(
  name: K,
  text: string | null,
  complain: (text: string) => void,
): (typeof CHOICES)[K][number] | undefined {
  if (text === null || text === '') return undefined;
  const choices: readonly (typeof CHOICES)[K][number][] = CHOICES[name];
  const found = choices.find((one) => one === text);
  if (found === undefined)
    complain(`<manyhands-worker>: ${name}="${text}" is none of ${choices.join(', ')}, and changes nothing.`);
  return found;
}

/** What is wrong with the groups of a site, in a sentence; nothing where they are as they should be. */
export function complaintOfGroups(
  problem: string | undefined,
  count: number,
  isOnly: boolean,
): string | undefined {
  const rests = isOnly ? ' With only-groups nothing runs.' : '';
  if (problem !== undefined) return `<manyhands-worker>: join names no groups: ${problem}.${rests}`;
  if (isOnly && count === 0) return '<manyhands-worker>: only-groups without a group in join: nothing runs.';
  return undefined;
}
