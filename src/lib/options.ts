/**
 * Reads options objects: every public function with named options uses it, so that an unknown name is refused, with the
 * nearest known name as a hint, and never ignored.
 * @module
 */
import { ManyhandsError } from './errors.js';

/** The names of an options type; the compiler ensures that the list is complete. */
export type OptionNames<T> = Readonly<Record<keyof T & string, true>>;

/**
 * A plain copy of `given`, whose names must be among `names`; `undefined` counts as no options. Values are not checked.
 * @param where the function or property, for error messages: `exec`, `job.limits`
 * @throws INVALID_ARGUMENT where it is not an options object, UNKNOWN_OPTION with the nearest option
 */
export function readOptions<T extends object>(
  given: unknown,
  where: string,
  names: OptionNames<T>,
): { [K in keyof T]?: T[K] } {
  if (given === undefined) return {};
  const known = Object.keys(names);
  if (!isOptionsObject(given)) {
    const text = `${where} takes an object of options, { ${known.join(', ')} }; got ${describeValue(given)}.`;
    throw new ManyhandsError('INVALID_ARGUMENT', text, { argument: where });
  }
  const copy: Record<string, unknown> = {};
  try {
    // Inherited properties count too.
    for (const name in given) {
      if (!Object.hasOwn(names, name)) throw unknownOption(where, name, known);
      copy[name] = (given as Record<string, unknown>)[name];
    }
  } catch (cause) {
    if (cause instanceof ManyhandsError) throw cause;
    throw new ManyhandsError(
      'INVALID_ARGUMENT',
      `The options of ${where} cannot be read.`,
      { argument: where },
      { cause },
    );
  }
  return copy as { [K in keyof T]?: T[K] };
}

/** The error for an unknown option. */
export function unknownOption(where: string, name: string, known: readonly string[]): ManyhandsError {
  const nearest = nearestName(name, known);
  const hint = nearest === undefined ? '' : ` Did you mean '${nearest}'?`;
  const list = known.length === 1 ? `only '${known[0]}'` : known.join(', ');
  const text = `${where} has no option '${name.slice(0, 100)}'.${hint} It has ${list}.`;
  return new ManyhandsError('UNKNOWN_OPTION', text, { option: name, where, known, nearest });
}

/** The known name that is most similar to `written`; undefined where none is similar. */
export function nearestName(written: string, known: readonly string[]): string | undefined {
  const wanted = written.toLowerCase();
  let best: { name: string; distance: number } | undefined;
  for (const name of known) {
    const candidate = name.toLowerCase();
    const isPart = wanted.length >= 3 && (candidate.includes(wanted) || wanted.includes(candidate));
    const distance = isPart ? 1 : editDistance(wanted, candidate);
    if (distance < (best?.distance ?? Infinity)) best = { name, distance };
  }
  return best !== undefined && best.distance <= Math.max(1, Math.ceil(wanted.length / 3))
    ? best.name
    : undefined;
}

/** A short description of a value, for error messages. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60));
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  if (typeof value === 'function') return 'a function';
  if (value === undefined || value === null) return String(value);
  if (typeof value === 'symbol') return 'a symbol';
  return typeof value === 'bigint' ? `${value}n` : JSON.stringify(value) + ` (${typeof value})`;
}

function isOptionsObject(given: unknown): given is object {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return false;
  return !(given instanceof Map) && !(given instanceof Date) && !ArrayBuffer.isView(given);
}

/** The Levenshtein distance: letters to add, remove or replace. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
