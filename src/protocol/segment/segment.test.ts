import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isError } from '../../lib/errors.js';
import { ENVELOPE_KIND, encodeError } from './envelope.js';
import { SEGMENT_SLICES_MAX } from '../limits.js';
import { SegmentReader, SegmentWriter, sliceSegment } from './segment.js';

const malformed = expect.objectContaining({ code: 'SEGMENT_MALFORMED' }) as Error;
const invalid = expect.objectContaining({ code: 'INVALID_ARGUMENT' }) as Error;

function segmentOf(...values: unknown[]): Uint8Array<ArrayBuffer> {
  const writer = new SegmentWriter();
  for (const value of values) writer.appendValue(value);
  return writer.finish();
}

describe('writing', () => {
  test('envelopes of several kinds, read back one by one', () => {
    const writer = new SegmentWriter({ initialBytes: 1 });
    writer.appendValue({ a: 1 });
    writer.appendEnvelope(ENVELOPE_KIND.error, encodeError(new RangeError('x')));
    writer.appendEnvelope(ENVELOPE_KIND.blob, new Uint8Array([9, 8]));
    writer.appendEnvelope(ENVELOPE_KIND.parts, new Uint8Array(0));
    const reader = new SegmentReader(writer.finish());
    expect([0, 1, 2, 3].map((i) => reader.kind(i))).toEqual([0, 2, 1, 4]);
    expect(reader.value(0)).toEqual({ a: 1 });
    expect([...reader.body(2)]).toEqual([9, 8]);
    expect(reader.body(3).length).toBe(0);
    expect(() => reader.value(2)).toThrow(invalid);
    for (const index of [-1, 4, 0.5, NaN]) expect(() => reader.kind(index), `${index}`).toThrow(invalid);
  });

  test('a value that is refused leaves nothing behind', () => {
    const writer = new SegmentWriter();
    writer.appendValue(1);
    const { byteLength, count } = writer;
    expect(() => writer.appendValue({ a: [1, 2, 'x'.repeat(5_000), () => 1] })).toThrow(
      expect.objectContaining({ code: 'VALUE_NOT_CLONEABLE' }),
    );
    expect([writer.byteLength, writer.count]).toEqual([byteLength, count]);
    writer.appendValue(2);
    const reader = new SegmentReader(writer.finish());
    expect([reader.value(0), reader.value(1), reader.count]).toEqual([1, 2, 2]);
  });

  test('byteLength is what finish gives; then the writer is empty and earlier segments stay as they are', () => {
    const writer = new SegmentWriter();
    const sizes = [1, 'two', [3]].map((value) => writer.appendValue(value));
    const { byteLength } = writer;
    const first = writer.finish();
    const copy = first.slice();
    expect(first.length).toBe(byteLength);
    expect(first.length).toBe(12 + 3 * 4 + sizes.reduce((sum, size) => sum + size, 0));
    expect([writer.count, writer.byteLength]).toEqual([0, 12]);
    writer.appendValue('other');
    expect(writer.finish()).toEqual(segmentOf('other'));
    expect(first).toEqual(copy);
    expect(() => writer.finish()).toThrow(invalid);
  });

  test('a full segment takes no more, and is read as a whole', () => {
    const writer = new SegmentWriter();
    for (let i = 0; i < SEGMENT_SLICES_MAX; i++) writer.appendValue(i);
    expect(() => writer.appendValue(0)).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }));
    expect(() => writer.appendEnvelope(0, new Uint8Array(1))).toThrow(
      expect.objectContaining({ code: 'LIMIT_EXCEEDED' }),
    );
    const reader = new SegmentReader(writer.finish());
    expect(reader.count).toBe(SEGMENT_SLICES_MAX);
    for (let i = 0; i < SEGMENT_SLICES_MAX; i++) if (reader.value(i) !== i) expect(reader.value(i)).toBe(i);
  });

  test('kinds that there are not are refused', () => {
    const writer = new SegmentWriter();
    for (const kind of [-1, 6, 0.5, 256, NaN])
      expect(() => writer.appendEnvelope(kind, new Uint8Array(1))).toThrow(invalid);
    expect(writer.count).toBe(0);
  });
});

describe('cutting and joining', () => {
  test('any cuts, joined again, give the same envelopes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.integer(), fc.string(), fc.constant(undefined)), {
          minLength: 1,
          maxLength: 30,
        }),
        fc.infiniteStream(fc.integer({ min: 1, max: 5 })),
        (values, cuts) => {
          const whole = segmentOf(...values);
          const writer = new SegmentWriter();
          for (let from = 0; from < values.length;) {
            const count = Math.min(cuts.next().value as number, values.length - from);
            const part = sliceSegment(whole, from, count);
            expect(part).toEqual(segmentOf(...values.slice(from, from + count)));
            const reader = new SegmentReader(part);
            for (let i = 0; i < count; i++) writer.appendFrom(reader, i);
            from += count;
          }
          expect(writer.finish()).toEqual(whole);
        },
      ),
    );
  });

  test('a slice is a copy, and has to be there', () => {
    const whole = segmentOf(1, 2, 3);
    const part = sliceSegment(whole, 1, 2);
    whole.fill(0);
    expect(part).toEqual(segmentOf(2, 3));
    for (const [from, count] of [
      [0, 4],
      [3, 1],
      [0, 0],
      [-1, 1],
      [0.5, 1],
      [0, NaN],
    ] as const) {
      expect(() => sliceSegment(segmentOf(1, 2, 3), from, count), `${from}, ${count}`).toThrow(invalid);
    }
  });

  test('a segment inside a larger buffer', () => {
    const segment = segmentOf('a', { b: [1.5] });
    const around = Buffer.concat([Buffer.from([1, 2, 3]), segment, Buffer.from([4])]);
    const reader = new SegmentReader(around.subarray(3, 3 + segment.length));
    expect([reader.value(0), reader.value(1)]).toEqual(['a', { b: [1.5] }]);
    expect(sliceSegment(around.subarray(3, 3 + segment.length), 1, 1)).toEqual(segmentOf({ b: [1.5] }));
  });
});

describe('what strangers send', () => {
  const changed = (at: number, ...bytes: number[]): Uint8Array => {
    const segment = segmentOf(1, 'two');
    segment.set(bytes, at);
    return segment;
  };

  test.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array(0)],
    ['half a header', segmentOf(1).subarray(0, 11)],
    ['other magic', changed(0, 0)],
    ['an unknown version', changed(2, 2)],
    ['an unknown codec', changed(3, 2)],
    ['no envelope', changed(4, 0, 0, 0, 0)],
    ['more envelopes than may be', changed(4, 0, 1, 0, 1)],
    ['more envelopes than bytes', changed(4, 0, 0, 0xff, 0)],
    ['dependencies', changed(8, 0, 0, 0, 1)],
    ['an empty envelope', changed(12, 0, 0, 0, 0)],
    ['ends that go back', changed(12, 0, 0, 0, 7)],
    ['an end behind the bytes', changed(16, 0, 0, 0, 8)],
    ['an end before the bytes', changed(16, 0, 0, 0, 6)],
    ['an unknown kind', changed(20, 6)],
    ['an unknown kind later on', changed(22, 0xff)],
  ])('%s', (_, bytes) => {
    expect(() => new SegmentReader(bytes)).toThrow(malformed);
  });

  test('one envelope too many, well-formed otherwise', () => {
    const many = (count: number): Uint8Array => {
      const segment = new Uint8Array(12 + 6 * count);
      const view = new DataView(segment.buffer);
      view.setUint32(0, 0x4d530101);
      view.setUint32(4, count);
      for (let i = 0; i < count; i++) view.setUint32(12 + 4 * i, 2 * (i + 1));
      return segment;
    };
    expect(new SegmentReader(many(SEGMENT_SLICES_MAX)).value(SEGMENT_SLICES_MAX - 1)).toBe(0);
    expect(() => new SegmentReader(many(SEGMENT_SLICES_MAX + 1))).toThrow(malformed);
    expect(() => sliceSegment(many(SEGMENT_SLICES_MAX + 1), 0, 1)).toThrow(malformed);
    expect(() => sliceSegment(many(100).subarray(0, 100), 50, 1)).toThrow(malformed);
  });

  test('cutting checks the header and what it cuts', () => {
    const cuts: [number, number][] = [
      [0, 2],
      [1, 1],
    ];
    for (const [from, count] of cuts) {
      for (const bytes of [
        changed(0, 0),
        changed(12, 0xff),
        changed(16, 0xff),
        changed(16, 0, 0, 0, 2),
        changed(22, 9),
      ]) {
        expect(() => sliceSegment(bytes, from, count), `${from}`).toThrow(malformed);
      }
    }
    expect(sliceSegment(changed(22, 9), 0, 1)).toEqual(segmentOf(1));
  });

  test('a value that is malformed harms no other, and none reads past its end', () => {
    const segment = segmentOf([1], 2);
    segment[12 + 8 + 1] = 0x92;
    const reader = new SegmentReader(segment);
    expect(() => reader.value(0)).toThrow(expect.objectContaining({ code: 'VALUE_MALFORMED' }));
    expect(reader.value(1)).toBe(2);
    const writer = new SegmentWriter();
    writer.appendEnvelope(0, new Uint8Array([0x81]));
    writer.appendEnvelope(0, new Uint8Array([0x92, 0xd4]));
    writer.appendEnvelope(0, new Uint8Array([0x05, 0x01]));
    const tricky = new SegmentReader(writer.finish());
    for (const i of [0, 1]) {
      expect(() => tricky.value(i)).toThrow(expect.objectContaining({ code: 'VALUE_MALFORMED' }));
    }
  });

  test('kinds are counted, and the first malformed value or error is found, wherever it is', () => {
    const kinds = Object.values(ENVELOPE_KIND);
    const envelope = fc.record({ kind: fc.constantFrom(...kinds), isEncoded: fc.boolean() });
    fc.assert(
      fc.property(fc.array(envelope, { minLength: 1, maxLength: 12 }), (envelopes) => {
        const writer = new SegmentWriter();
        for (const { kind, isEncoded } of envelopes)
          writer.appendEnvelope(kind, Uint8Array.from(isEncoded ? [0x05] : [0x92, 0x05]));
        const reader = new SegmentReader(writer.finish());
        for (const kind of kinds) {
          expect(reader.countOf(kind)).toBe(envelopes.filter((one) => one.kind === kind).length);
          expect(reader.hasOnly(kind)).toBe(envelopes.every((one) => one.kind === kind));
        }
        expect(reader.hasOnly(...kinds)).toBe(true);
        expect(reader.findMalformed()).toBe(
          envelopes.findIndex(({ kind, isEncoded }) => !isEncoded && (kind === 0 || kind === 2)),
        );
      }),
    );
  });

  test('random bytes, and valid segments with bytes changed', () => {
    const valid = segmentOf(1, 'two', [3, { four: 5n }], undefined);
    const any = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc
        .array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
        .map((changes) => {
          const bytes = valid.slice();
          for (const [at, byte] of changes) bytes[at] = byte;
          return bytes;
        }),
    );
    fc.assert(
      fc.property(any, (bytes) => {
        try {
          const reader = new SegmentReader(bytes);
          for (let i = 0; i < reader.count; i++) if (reader.kind(i) === 0) reader.value(i);
        } catch (error) {
          // Engines without Float16Array refuse one by its name.
          const codes = ['SEGMENT_MALFORMED', 'VALUE_MALFORMED', 'UNSUPPORTED_ENVIRONMENT'];
          if (!isError(error) || !codes.includes(error.code)) throw error;
        }
      }),
      { numRuns: 3_000 },
    );
  });
});
