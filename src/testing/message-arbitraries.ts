/**
 * Random messages from their schemas, valid ones and ones with a single wrong field: a new message is tested without
 * new code.
 * @module
 */
import fc from 'fast-check';
import type { MessageDeclaration } from '../protocol/messages/catalog.js';
import type { Schema } from '../protocol/schema/check.js';

const ITEMS_MAX = 3;
const TEXT_MAX = 24;
const BYTES_MAX = 48;
/** One of so many texts has the largest length. */
const LONGEST_ONE_IN = 16;

/** Any value that the schema accepts, but few long ones. */
export function validValue(schema: Schema): fc.Arbitrary<unknown> {
  const { rule } = schema;
  const any = ofShape(schema);
  return rule === undefined ? any : any.filter((value) => rule.holds(value));
}

function ofShape(schema: Schema): fc.Arbitrary<unknown> {
  switch (schema.kind) {
    case 'text':
      return textOf(schema.min, schema.max);
    case 'pattern':
      return fc.stringMatching(schema.pattern);
    case 'choice':
      return fc.constantFrom(...schema.values);
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.oneof(
        fc.integer({ min: schema.min, max: schema.max }),
        fc.constantFrom(schema.min, schema.max),
      );
    case 'number':
      return fc
        .double({
          min: Math.max(schema.min, -Number.MAX_VALUE),
          max: Math.min(schema.max, Number.MAX_VALUE),
          noNaN: true,
        })
        .map((value) => value + 0);
    case 'units':
      return fc.bigInt({ min: 0n, max: schema.max });
    case 'bytes':
      return fc.uint8Array({ minLength: schema.min, maxLength: Math.min(schema.max, BYTES_MAX) });
    case 'array':
      return fc.array(validValue(schema.items), { maxLength: Math.min(schema.max, ITEMS_MAX) });
    case 'map':
      return mapOf(schema.fields);
    case 'variants':
      return fc.oneof(...Object.values(schema.variants).map(validValue));
    case 'open map':
      return fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), plain);
    case 'anything':
      return plain;
  }
}

const plain = fc.oneof(
  fc.boolean(),
  fc.maxSafeInteger(),
  fc.string({ maxLength: TEXT_MAX }),
  fc.array(fc.maxSafeInteger(), { maxLength: ITEMS_MAX }),
);

function textOf(min: number, max: number): fc.Arbitrary<string> {
  const short = fc.string({ minLength: min, maxLength: Math.min(max, TEXT_MAX), unit: 'grapheme' });
  return fc.oneof(
    // A grapheme may be several UTF-16 units.
    { weight: LONGEST_ONE_IN - 1, arbitrary: short.map((text) => (text.length > max ? 'x' : text)) },
    { weight: 1, arbitrary: fc.constant('x'.repeat(max)) },
  );
}

function mapOf(fields: Readonly<Record<string, Schema>>): fc.Arbitrary<Record<string, unknown>> {
  const entries = Object.entries(fields);
  const required = entries.filter(([, { isOptional }]) => isOptional !== true).map(([field]) => field);
  const values = Object.fromEntries(entries.map(([field, schema]) => [field, validValue(schema)]));
  return fc.record(values, { requiredKeys: required, noNullPrototype: true });
}

/** Any valid message of that type. */
export function validMessage({ type, fields, reply }: MessageDeclaration): fc.Arbitrary<{ type: string }> {
  const id = fc.oneof(fc.nat(), fc.maxSafeInteger().map(Math.abs));
  const body = validValue(fields) as fc.Arbitrary<object>;
  if (reply === undefined) return body.map((found) => ({ type, ...found }));
  return fc.tuple(id, body).map(([found, rest]) => ({ type, id: found, ...rest }));
}

/** A value with one wrong field, and the path that the error must have. */
export interface WrongField {
  readonly path: string;
  readonly what: string;
  /** What the field should be. */
  readonly expected: Schema;
  readonly value: unknown;
}

/** Every way to make one field of a valid value wrong: another kind of value, out of its bounds, or missing. */
export function wrongFields(schema: Schema, valid: unknown, path = ''): WrongField[] {
  const own = wrongValues(schema).map(([what, value]) => ({ path, what, expected: schema, value }));
  return [...own, ...wrongInside(schema, valid, path)];
}

function wrongInside(schema: Schema, valid: unknown, path: string): WrongField[] {
  if (schema.kind === 'array') {
    const items = valid as unknown[];
    return items.flatMap((item, i) =>
      wrongFields(schema.items, item, `${path}[${i}]`).map((wrong) => ({
        ...wrong,
        value: items.with(i, wrong.value),
      })),
    );
  }
  if (schema.kind === 'variants') {
    const { tag, variants } = schema;
    const kind = (valid as Record<string, unknown>)[tag] as string;
    // A wrong tag is an error of the whole map.
    return wrongInside(variants[kind]!, valid, path).map((wrong) => {
      const isTag = wrong.path === (path === '' ? tag : `${path}.${tag}`);
      return isTag ? { ...wrong, path } : wrong;
    });
  }
  if (schema.kind !== 'map') return [];
  const map = valid as Record<string, unknown>;
  return Object.entries(schema.fields).flatMap(([field, inner]) => {
    const place = path === '' ? field : `${path}.${field}`;
    const isPresent = map[field] !== undefined;
    const { [field]: _, ...rest } = map;
    const mayBeMissing = inner.isOptional === true || inner.kind === 'anything';
    const missing = mayBeMissing ? [] : [{ path: place, what: 'is missing', expected: inner, value: rest }];
    const wrong = isPresent ? wrongFields(inner, map[field], place) : [];
    return [...missing, ...wrong.map((one) => ({ ...one, value: { ...map, [field]: one.value } }))];
  });
}

/** Values that are not of the schema, with what is wrong with each. */
function wrongValues(schema: Schema): [string, unknown][] {
  const { kinds, bounds } = outside(schema);
  const pool: [string, unknown][] = [
    ['text', 'no such text'],
    ['number', 7],
    ['fraction', 1.5],
    ['boolean', true],
    ['bytes', Uint8Array.of(1)],
    ['array', []],
    ['map', {}],
    ['nil', null],
  ];
  const accepted = schema.isOptional === true ? [...kinds, 'nil'] : kinds;
  const others = pool.filter(([kind]) => !accepted.includes(kind));
  return [
    ...others.map(([kind, value]): [string, unknown] => [`is ${kind}`, value]),
    ...bounds.map((value): [string, unknown] => ['is out of its bounds', value]),
  ];
}

/** The kinds of values in the pool that may be valid, and values of the right kind that are out of bounds. */
function outside(schema: Schema): { kinds: string[]; bounds: unknown[] } {
  switch (schema.kind) {
    case 'text': {
      const long = schema.isTruncated === true ? [] : ['x'.repeat(schema.max + 1)];
      return { kinds: ['text'], bounds: [...long, ...(schema.min > 0 ? ['x'.repeat(schema.min - 1)] : [])] };
    }
    case 'pattern':
      return { kinds: [], bounds: ['', ' '] };
    case 'choice':
      return { kinds: [], bounds: ['', `${schema.values[0]} `] };
    case 'boolean':
      return { kinds: ['boolean'], bounds: [] };
    case 'integer':
      return { kinds: ['number'], bounds: [schema.min - 1, schema.max + 1, NaN] };
    case 'number': {
      const low = schema.min === -Infinity ? [] : [schema.min - 1];
      const high = schema.max === Infinity ? [] : [schema.max + 1];
      return { kinds: ['number', 'fraction'], bounds: [...low, ...high, NaN, Infinity] };
    }
    case 'units':
      return { kinds: ['number'], bounds: [-1n, schema.max + 1n] };
    case 'bytes': {
      const short = schema.min > 0 ? [new Uint8Array(schema.min - 1)] : [];
      return { kinds: ['bytes'], bounds: [new Uint8Array(schema.max + 1), ...short] };
    }
    case 'array':
      return { kinds: ['array'], bounds: [Array.from({ length: schema.max + 1 }, () => null)] };
    case 'map':
    case 'variants':
    case 'open map':
      return { kinds: ['map'], bounds: [] };
    case 'anything':
      return { kinds: ['text', 'number', 'fraction', 'boolean', 'bytes', 'array', 'map', 'nil'], bounds: [] };
  }
}
