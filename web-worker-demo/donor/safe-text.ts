/**
 * Makes untrusted text safe to show: a job's description may be very long, change the direction of the text around it,
 * or contain invisible characters.
 * @module
 */

/** Characters that fit a card; the protocol's limits are larger. */
export const NAME_SHOWN_MAX = 80;
export const DESCRIPTION_SHOWN_MAX = 280;

/** Control characters, direction marks and overrides, zero-width and other invisible characters. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
/** Many combining marks on one letter overlap the lines around it: three are enough for any language. */
const STACKED = /(\p{M}{3})\p{M}+/gu;

/**
 * One line of at most `max` characters. Show it in an element with `dir="auto"` or `unicode-bidi: isolate`, so that
 * right-to-left text does not affect its surroundings.
 */
export function safeText(text: unknown, max: number): string {
  if (typeof text !== 'string') return '';
  // Truncated before it is searched: ten times the limit is more than enough for honest text.
  const seen = text
    .slice(0, max * 10)
    .replace(UNSEEN, ' ')
    .replace(STACKED, '$1')
    .replace(/\s+/g, ' ')
    .trim();
  const letters = [...seen];
  return letters.length <= max ? seen : `${letters.slice(0, max - 1).join('')}…`;
}

/** The link if it is an `https` address without a user name and password; undefined otherwise. */
export function safeLink(link: unknown): string | undefined {
  if (typeof link !== 'string' || link.length > 2_000 || !URL.canParse(link)) return undefined;
  const url = new URL(link);
  if (url.protocol !== 'https:' || url.username !== '' || url.password !== '') return undefined;
  return url.href;
}

/** The first and last digits of an address, for display. */
export function shortAddress(address: string): string {
  return address.length <= 14 ? address : `${address.slice(0, 8)}…${address.slice(-4)}`;
}
