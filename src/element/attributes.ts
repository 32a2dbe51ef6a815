/**
 * The limits that a site writes as attributes: read, or told of in the console where they are no limits.
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
