/**
 * JSON of values that are richer than JSON: what a program reads from `job results` and other `--json` outputs.
 * @module
 */
import { escapeControls } from '../../entry/texts.node.js';

/**
 * Big integers and dates become strings, buffers and sets lists, maps lists of pairs, errors `{ name, message }`; NaN
 * and infinities strings; an object inside itself "[cycle]". What is undefined is left out, in a list it is null. What a
 * terminal might act on is escaped.
 */
export function toJson(value: unknown): string {
  return escapeControls(JSON.stringify(plain(value, []) ?? null));
}

function plain(value: unknown, around: readonly object[]): unknown {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (around.includes(value)) return '[cycle]';
  const path = [...around, value];
  const list = listOf(value);
  if (list !== undefined) return Array.from(list, (item) => plain(item, path));
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Error) return { name: value.name, message: value.message };
  if (value instanceof RegExp) return String(value);
  const isBoxed = [Boolean, Number, String, BigInt].some((type) => value instanceof type);
  if (isBoxed) return plain(value.valueOf(), path);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item, path)]));
}

/** The items of what JSON shows as a list. */
function listOf(value: object): Iterable<unknown> | undefined {
  if (Array.isArray(value) || value instanceof Set || value instanceof Map) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (value instanceof DataView) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return ArrayBuffer.isView(value) ? (value as Uint8Array) : undefined;
}
