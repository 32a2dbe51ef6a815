/**
 * The fields of an error as they may travel: what is plain of them, within limits, built afresh. Both ends do it, so
 * that an error never fails to be sent for what hangs on it, and brings nothing in.
 * @module
 */
import { cutText } from '../../lib/text.js';
import { ERROR_TEXT_LENGTH_MAX } from '../limits.js';

/** Levels of fields. */
const DEPTH_MAX = 8;
/** Entries of one list or map. */
const ITEMS_MAX = 1_024;

/** What is plain of an error's fields; the rest is left out, and texts are cut. */
export function boundedInfo(info: object): Record<string, unknown> {
  return boundedMap(info, 0);
}

function bounded(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'number':
      // −0 is 0 on the wire.
      return value + 0;
    case 'bigint':
      return -(2n ** 63n) <= value && value < 2n ** 64n ? value : undefined;
    case 'string':
      return cutText(value, ERROR_TEXT_LENGTH_MAX);
    case 'object':
      return boundedObject(value, depth);
    default:
      return undefined;
  }
}

function boundedObject(value: object | null, depth: number): unknown {
  if (value === null) return null;
  if (value instanceof Uint8Array) return Uint8Array.prototype.slice.call(value, 0, ERROR_TEXT_LENGTH_MAX);
  if (depth >= DEPTH_MAX) return undefined;
  if (Array.isArray(value)) {
    const items = value.slice(0, ITEMS_MAX).map((item) => bounded(item, depth + 1));
    return items.filter((item) => item !== undefined);
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ? boundedMap(value, depth) : undefined;
}

function boundedMap(map: object, depth: number): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(map).slice(0, ITEMS_MAX)) {
    const found = bounded(item, depth + 1);
    if (found !== undefined && key !== '__proto__') made[cutText(key, ERROR_TEXT_LENGTH_MAX)] = found;
  }
  return made;
}
