/**
 * Formats structured-cloneable values as JSON, for `job results` and the `--json` outputs.
 * @module
 */
import { escapeControls } from '../../entry/texts.node.js';

/**
 * Bigints, dates, NaN and infinities become strings; buffers and sets become arrays, maps arrays of pairs, errors `{
 * name, message }`; a reference to an enclosing object becomes "[cycle]". Undefined is left out, or null in an array.
 * Control characters are escaped.
 */
export function toJson(value: unknown): string {
  // A number has no control characters, and programs that print millions of results print mostly numbers.
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  return escapeControls(JSON.stringify(plain(value, []) ?? null));
}

function plain(value: unknown, ancestors: readonly object[]): unknown {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (ancestors.includes(value)) return '[cycle]';
  const path = [...ancestors, value];
  const list = listOf(value);
  if (list !== undefined) return Array.from(list, (item) => plain(item, path));
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Error) return { name: value.name, message: value.message };
  if (value instanceof RegExp) return String(value);
  const isBoxed = [Boolean, Number, String, BigInt].some((type) => value instanceof type);
  if (isBoxed) return plain(value.valueOf(), path);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item, path)]));
}

/** The items of a value that becomes an array. */
function listOf(value: object): Iterable<unknown> | undefined {
  if (Array.isArray(value) || value instanceof Set || value instanceof Map) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (value instanceof DataView) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return ArrayBuffer.isView(value) ? (value as Uint8Array) : undefined;
}
