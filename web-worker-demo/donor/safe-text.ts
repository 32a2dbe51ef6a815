/**
 * Text of strangers, made fit to be shown: what a job says of itself can be long, can turn the direction of the text
 * around it, and can carry characters that nobody sees.
 * @module
 */

/** What fits a card; a job's own limits are larger. */
export const NAME_SHOWN_MAX = 80;
export const DESCRIPTION_SHOWN_MAX = 280;

/** Control characters, direction marks and overrides, zero-width and other characters that nobody sees. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
/** Marks that stack on one letter run over the lines around it: three of them are enough for any language. */
const STACKED = /(\p{M}{3})\p{M}+/gu;

/**
 * One line of at most `max` characters. What is shown should stand in an element with `dir="auto"` or `unicode-bidi:
 * isolate`, so that letters of a right-to-left script keep to their own line.
 */
export function safeText(text: unknown, max: number): string {
  if (typeof text !== 'string') return '';
  // Cut before it is searched: ten times is more than what is taken out of honest text.
  const seen = text
    .slice(0, max * 10)
    .replace(UNSEEN, ' ')
    .replace(STACKED, '$1')
    .replace(/\s+/g, ' ')
    .trim();
  const letters = [...seen];
  return letters.length <= max ? seen : `${letters.slice(0, max - 1).join('')}…`;
}

/** The link when it leads to an `https` page without a name and password in it; nothing otherwise. */
export function safeLink(link: unknown): string | undefined {
  if (typeof link !== 'string' || link.length > 2_000 || !URL.canParse(link)) return undefined;
  const url = new URL(link);
  if (url.protocol !== 'https:' || url.username !== '' || url.password !== '') return undefined;
  return url.href;
}

/** The first and last digits of an address, for people. */
export function shortAddress(address: string): string {
  return address.length <= 14 ? address : `${address.slice(0, 8)}…${address.slice(-4)}`;
}
