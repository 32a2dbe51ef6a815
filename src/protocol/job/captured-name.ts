/**
 * The names of captured constants, which are globals in a sandbox.
 * @module
 */
import { NAME_LENGTH_MAX } from '../limits.js';

/** Whether a captured constant may have that name: an identifier of ASCII that is no word of the language. */
export const isCapturedName = (name: string): boolean =>
  name.length <= NAME_LENGTH_MAX && /^[A-Za-z_$][\w$]*$/.test(name) && !RESERVED.has(name);

const RESERVED = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for ' +
    'function if implements import in instanceof interface let new null package private protected public return static super switch ' +
    'this throw true try typeof undefined var void while with yield NaN Infinity globalThis __proto__'
  ).split(' '),
);
