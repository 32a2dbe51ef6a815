/**
 * The golden vectors of the value and segment formats, checked in both directions: a change of a single byte of what
 * we write, or of what we read, fails here.
 * @module
 */
import { deepStrictEqual } from 'node:assert';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { SegmentReader, SegmentWriter } from '../../src/protocol/segment/segment.js';
import { decodeValue, encodeValue } from '../../src/protocol/values/values.js';
import { build, type Description } from './notation.js';

interface ValueVectors {
  /** Written and read exactly so. */
  both: { name: string; value: Description; hex: string }[];
  /** Read so, but not written so. */
  read: { name: string; value: Description; hex: string }[];
  refused: { name: string; hex: string }[];
}

interface SegmentVectors {
  both: { name: string; envelopes: { kind: number; value?: Description; body?: string }[]; hex: string }[];
  refused: { name: string; hex: string }[];
}

const load = (file: string): unknown => JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'));
const values = load('values.json') as ValueVectors;
const segments = load('segments.json') as SegmentVectors;
const fromHex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('values', () => {
  test.each(values.both)('$name', ({ value, hex }) => {
    expect(toHex(encodeValue(build(value)))).toBe(hex);
    const back = decodeValue(fromHex(hex));
    // Node's comparison takes two invalid dates for different ones.
    if (back instanceof Date) expect(back).toEqual(build(value));
    else deepStrictEqual(back, build(value));
    expect(toHex(encodeValue(back))).toBe(hex);
  });

  test.each(values.read)('read only: $name', ({ value, hex }) => {
    deepStrictEqual(decodeValue(fromHex(hex)), build(value));
    expect(toHex(encodeValue(build(value)))).not.toBe(hex);
  });

  test.each(values.refused)('refused: $name', ({ hex }) => {
    expect(() => decodeValue(fromHex(hex))).toThrow(expect.objectContaining({ code: 'VALUE_MALFORMED' }));
  });

  test('there is a vector of every head, extension and tag that is written', () => {
    const written = values.both.map(({ hex }) => hex).join(' ');
    const heads = [
      'cc',
      'cd',
      'ce',
      'cf',
      'd0',
      'd1',
      'd2',
      'd3',
      'cb',
      'c0',
      'c2',
      'c3',
      'd9',
      'da',
      'dc',
      'de',
      'c4',
    ];
    for (const head of heads) expect(written, head).toMatch(new RegExp(`(^| )${head}`));
    const extensions = [0, 1, 2, 3, 4, ...Array.from({ length: 12 }, (_, i) => 0x10 + i)];
    for (const type of extensions) {
      const hex = type.toString(16).padStart(2, '0');
      expect(written, `extension ${hex}`).toMatch(new RegExp(`(d[4-8]|c7..)${hex}`));
    }
    for (const tag of [0, 1, 2, 3, 4, 5]) expect(written, `tag ${tag}`).toContain(`d4050${tag}`);
  });
});

describe('segments', () => {
  test.each(segments.both)('$name', ({ envelopes, hex }) => {
    const writer = new SegmentWriter();
    for (const { kind, value, body } of envelopes) {
      if (body === undefined) writer.appendValue(build(value!));
      else writer.appendEnvelope(kind, fromHex(body));
    }
    expect(toHex(writer.finish())).toBe(hex);
    const reader = new SegmentReader(fromHex(hex));
    expect(reader.count).toBe(envelopes.length);
    envelopes.forEach(({ kind, value, body }, i) => {
      expect(reader.kind(i)).toBe(kind);
      if (body === undefined) deepStrictEqual(reader.value(i), build(value!));
      else expect(toHex(reader.body(i))).toBe(body);
    });
  });

  test.each(segments.refused)('refused: $name', ({ hex }) => {
    expect(() => new SegmentReader(fromHex(hex))).toThrow(
      expect.objectContaining({ code: 'SEGMENT_MALFORMED' }),
    );
  });
});
