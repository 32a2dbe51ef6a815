/**
 * Copies the `info` of an error for sending: plain values within limits, in new objects. Sender and receiver both do it, so
 * that no error fails to be sent because of its `info`, and nothing unexpected is received with one.
 * @module
 */
import { truncateText } from '../../lib/text.js';
import { ERROR_TEXT_LENGTH_MAX } from '../limits.js';

/** Nesting of maps and lists. */
const DEPTH_MAX = 8;
/** Entries of one list or map. */
const ITEMS_MAX = 1_024;

/** The plain values of an error's `info`; other values are left out, and texts are truncated. */
export function boundedInfo(info: object): Record<string, unknown> {
  return boundedMap(info, 0);
}

function bounded(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'number':
      // −0 becomes 0.
      return value + 0;
    case 'bigint':
      return -(2n ** 63n) <= value && value < 2n ** 64n ? value : undefined;
    case 'string':
      return truncateText(value, ERROR_TEXT_LENGTH_MAX);
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
    if (found !== undefined && key !== '__proto__') made[truncateText(key, ERROR_TEXT_LENGTH_MAX)] = found;
  }
  return made;
}
