/**
 * Checks that are composed of checks: maps, arrays, alternatives. Maps are copied from their known fields only, so that
 * neither an unknown field nor a prototype is kept.
 * @module
 */
import { NAME_LENGTH_MAX } from '../limits.js';
import {
  described,
  Mismatch,
  mismatchIn,
  type Check,
  type Fields,
  type Infer,
  type MapOf,
  type OptionalCheck,
  type Schema,
} from './check.js';

/** A field that may be absent; nil counts as absent. */
export function optional<T>(check: Check<T>): OptionalCheck<T> {
  return described((value) => (value === undefined || value === null ? undefined : check(value)), {
    ...check.schema,
    isOptional: true,
  }) as OptionalCheck<T>;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

function schemasOf(checks: Fields): Readonly<Record<string, Schema>> {
  return Object.fromEntries(Object.entries(checks).map(([key, { schema }]) => [key, schema]));
}

/** A map with these fields; other fields are dropped. */
export function object<F extends Fields>(fields: F): Check<MapOf<F>> {
  const entries = Object.entries<Check<unknown>>(fields);
  return described(
    (value) => {
      if (!isRecord(value)) throw new Mismatch('a map');
      const made: Record<string, unknown> = {};
      for (const [key, check] of entries) {
        try {
          const found = check(Object.hasOwn(value, key) ? value[key] : undefined);
          if (found !== undefined) made[key] = found;
        } catch (error) {
          throw mismatchIn(error, key);
        }
      }
      return made as MapOf<F>;
    },
    { kind: 'map', fields: schemasOf(fields) },
  );
}

/** @throws Mismatch for a class instance and for what is no object */
export function plainObject(value: unknown): Record<string, unknown> {
  const prototype: unknown =
    typeof value === 'object' && value !== null ? Object.getPrototypeOf(value) : undefined;
  if (prototype === Object.prototype || prototype === null) return value as Record<string, unknown>;
  throw new Mismatch('a plain object');
}

/** A map with these fields and no others. */
export function exact<F extends Fields>(fields: F): Check<MapOf<F>> {
  const check = object(fields);
  return described((value) => {
    const unknown = Object.keys(plainObject(value)).find((key) => !Object.hasOwn(fields, key));
    if (unknown === undefined) return check(value);
    throw mismatchIn(new Mismatch('absent: it is not known'), unknown.slice(0, NAME_LENGTH_MAX));
  }, check.schema);
}

export function array<T>(check: Check<T>, max: number): Check<T[]> {
  return described(
    (value) => {
      if (!Array.isArray(value) || value.length > max) throw new Mismatch(`an array of at most ${max}`);
      return value.map((item, i) => {
        try {
          return check(item);
        } catch (error) {
          throw mismatchIn(error, i);
        }
      });
    },
    { kind: 'array', items: check.schema, max },
  );
}

/** One of several maps, chosen by the text in the field `tag`, which each of them has with its key as the only choice. */
export function tagged<V extends Readonly<Record<string, Check<object>>>>(
  tag: string,
  variants: V,
): Check<Infer<V[keyof V]>> {
  const names = Object.keys(variants).join(', ');
  return described(
    (value) => {
      const kind = isRecord(value) && Object.hasOwn(value, tag) ? value[tag] : undefined;
      const check = typeof kind === 'string' && Object.hasOwn(variants, kind) ? variants[kind] : undefined;
      if (check !== undefined) return check(value) as Infer<V[keyof V]>;
      throw new Mismatch(`a map whose ${tag} is one of ${names}`);
    },
    { kind: 'variants', tag, variants: schemasOf(variants) },
  );
}

/** `check`, and a condition on the checked value. `expected` continues "should be". */
export function refine<T>(check: Check<T>, holds: (value: T) => boolean, expected: string): Check<T> {
  return described(
    (value) => {
      const found = check(value);
      if (!holds(found)) throw new Mismatch(expected);
      return found;
    },
    { ...check.schema, rule: { expected, holds } },
  );
}
