import { deepStrictEqual } from 'node:assert';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeValue, encodeValue } from './values.js';
import { SegmentReader, SegmentWriter } from '../segment/segment.js';

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
);
const bytes = fc.uint8Array({ maxLength: 40 });

const leaf = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double(),
  fc.constantFrom<unknown>(null, undefined, true, false, -0, NaN, Infinity),
  fc.bigInt(),
  text,
  fc.date({ noInvalidDate: true }),
  bytes,
  bytes.map((b) => b.slice().buffer),
  bytes.map((b) => new DataView(b.slice().buffer)),
  fc.float32Array(),
  fc.float64Array(),
  fc.int16Array(),
  fc.bigUint64Array({ maxLength: 5 }),
  fc.constantFrom(/a/g, /[é-€]+/iu, Object(5), Object('x'), Object(false), Object(7n)),
);

const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 8 }),
    fc.sparseArray(tie('value'), { maxLength: 40, maxNumElements: 6 }),
    fc.dictionary(fc.oneof(text, fc.constantFrom('__proto__', 'constructor', '0', 'length')), tie('value'), {
      maxKeys: 6,
    }),
    fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 5 }).map((entries) => new Map(entries)),
    fc.array(tie('value'), { maxLength: 5 }).map((items) => new Set(items)),
  ),
}));

/** Makes some of the objects in a value appear in it again, so that there are shared ones and cycles. */
function entangle(root: unknown, seed: number): unknown {
  const objects: object[] = [];
  const visit = (each: unknown): void => {
    if (typeof each !== 'object' || each === null || ArrayBuffer.isView(each) || objects.includes(each))
      return;
    objects.push(each);
    if (each instanceof Map) for (const pair of each) pair.forEach(visit);
    else if (each instanceof Set) each.forEach(visit);
    else Object.values(each).forEach(visit);
  };
  visit(root);
  const arrays = objects.filter((each) => Array.isArray(each));
  arrays.forEach((array, i) => array.push(objects[(seed + i * 7) % objects.length]));
  return root;
}

test('whatever structured clone keeps, comes back the same', () => {
  fc.assert(
    fc.property(value, (source) => {
      const back = decodeValue(encodeValue(source));
      deepStrictEqual(back, structuredClone(source));
    }),
    { numRuns: 1_000 },
  );
});

test('shared objects and cycles come back as such', () => {
  fc.assert(
    fc.property(value, fc.nat(1_000), (source, seed) => {
      const tangled = entangle(source, seed);
      const encoded = encodeValue(tangled);
      const back = decodeValue(encoded);
      // Comparing cyclic values by structure says little about identity; the encoding says all of it.
      expect(encodeValue(back)).toEqual(encoded);
      expect(encodeValue(structuredClone(tangled))).toEqual(encoded);
    }),
    { numRuns: 300 },
  );
});

test('values of one segment do not disturb each other', () => {
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 8 }), (sources) => {
      const writer = new SegmentWriter({ initialBytes: 16 });
      const sizes = sources.map((source) => writer.appendValue(source));
      const { byteLength } = writer;
      const segment = writer.finish();
      expect(segment.length).toBe(byteLength);
      const reader = new SegmentReader(segment);
      expect(reader.count).toBe(sources.length);
      sources.forEach((source, i) => {
        deepStrictEqual(reader.value(i), structuredClone(source));
        expect(reader.body(i)).toEqual(encodeValue(source));
        expect(reader.body(i).length).toBe(sizes[i]! - 1);
      });
    }),
    { numRuns: 100 },
  );
});
