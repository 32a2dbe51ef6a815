import { expect, it } from 'vitest';
import { SeededRandom } from '../../testing/seeded-random.js';
import { VALUE_DEPTH_MAX } from '../limits.js';
import { isValueAt, ValueScan } from './values-scan.js';
import { decodeValue, encodeValue } from './values.js';

const isValue = (bytes: Uint8Array): boolean => isValueAt(bytes, 0, bytes.length);

/** The same by parts of those sizes. */
function isValueInParts(bytes: Uint8Array, sizes: () => number): boolean {
  const scan = new ValueScan(bytes.length);
  for (let at = 0; at < bytes.length;) {
    const to = Math.min(bytes.length, at + sizes());
    // Each part stands in a buffer of its own, as what is read from a file does.
    if (!scan.take(bytes.slice(at, to))) return false;
    at = to;
  }
  return scan.isWhole;
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { value };
  return value;
}

const shared = { a: 1 };
const cycle: unknown[] = [];
cycle.push(cycle);

const VALUES: unknown[] = [
  ...[0, -0, 1, -1, -33, 127, 128, 255, 256, 65_536, 2 ** 31, 2 ** 32, -(2 ** 31), 2 ** 53 - 1, 1 - 2 ** 53],
  ...[0.5, NaN, Infinity, true, false, null, undefined, 2n ** 70n, -5n],
  ...['', 'a', 'ä€😀', '\ud800', 'x'.repeat(40), 'x'.repeat(300), 'x'.repeat(70_000)],
  ...[[], [1, [2]], Array(20).fill(0), Array(70_000).fill(1), {}, { a: 1, b: { c: [] } }],
  ...[Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`key ${i}`, i])), { '\ud800': 1 }],
  ...[[1, , 3], new Map([[1, { a: 2 }]]), new Set(['a']), new RangeError('no'), /a+/g, Object(5)],
  ...[
    new Date(0),
    new Date(NaN),
    new Uint8Array(3),
    new Float64Array(2),
    new ArrayBuffer(5),
    new DataView(new ArrayBuffer(2)),
  ],
  ...[[shared, shared], cycle, nested(VALUE_DEPTH_MAX - 1)],
];

it.each(VALUES.map((value, i) => [i, value]))('takes what the writer writes (value %i)', (_i, value) => {
  expect(isValue(encodeValue(value))).toBe(true);
});

it.each([
  ['nothing', []],
  ['a head that does not exist', [0xc1]],
  ['that head and more', [0xc1, 0xff, 0xff]],
  ['a number that is cut off', [0xcb, 0, 0]],
  ['text past its end', [0xa5, 0x61]],
  ['text that is not UTF-8', [0xa2, 0xff, 0xff]],
  ['an array with an item too few', [0x92, 1]],
  ['something behind the value', [1, 1]],
  ['something behind an array', [0x91, 1, 1]],
  ['a map whose key is a number', [0x81, 1, 1]],
  ['an unknown extension', [0xd4, 0x77, 0]],
  ['an unknown tag', [0x91, 0xd4, 0x05, 0x63]],
  ['a date of seven bytes', [0xc7, 7, 0x02, 0, 0, 0, 0, 0, 0, 0]],
  ['an integer past 2^53', [0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
  ['an integer below -2^53', [0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0]],
  ['an integer of 64 bits that is cut off', [0xcf, 0, 0, 0, 1, 0, 0, 0]],
  ['an integer of 64 bits and more', [0xcf, 0, 0, 0, 1, 0, 0, 0, 0, 0]],
  ['a list of four thousand million items', [0xdd, 0xff, 0xff, 0xff, 0xff]],
  ['a list that never ends', Array(VALUE_DEPTH_MAX * 3).fill(0x91)],
])('the scan of a value refuses %s', (_what, bytes) => {
  expect(isValue(Uint8Array.from(bytes as number[]))).toBe(false);
  expect(() => decodeValue(Uint8Array.from(bytes as number[]))).toThrow();
});

it('the scan of a value refuses nothing that the reader accepts, whichever bytes are changed', () => {
  const random = new SeededRandom(11);
  const wrong: string[] = [];
  let read = 0;
  for (let round = 0; round < 30_000; round++) {
    const value = VALUES[random.integer(0, VALUES.length - 1)];
    const bytes = encodeValue(value);
    if (bytes.length > 2_000) continue;
    for (let n = random.integer(1, 3); n > 0; n--)
      bytes[random.integer(0, bytes.length - 1)] = random.integer(0, 255);
    let isRead = true;
    try {
      decodeValue(bytes);
      read += 1;
    } catch {
      isRead = false;
    }
    if (isRead && !isValue(bytes)) wrong.push(Buffer.from(bytes).toString('hex'));
  }
  expect(wrong).toEqual([]);
  expect(read).toBeGreaterThan(1_000);
});

it('the scan of a value has the same result for bytes in parts of any size', () => {
  const random = new SeededRandom(12);
  for (const value of VALUES) {
    const bytes = encodeValue(value);
    for (const max of [1, 2, 9, 5_000]) {
      const sizes = (): number => random.integer(1, max);
      expect(isValueInParts(bytes, sizes)).toBe(true);
      expect(isValueInParts(bytes.subarray(0, -1), sizes)).toBe(false);
      expect(isValueInParts(Uint8Array.of(...bytes.subarray(0, 100_000), 1), sizes)).toBe(false);
    }
  }
  for (let round = 0; round < 20_000; round++) {
    const bytes = encodeValue(VALUES[random.integer(0, VALUES.length - 1)]);
    if (bytes.length > 2_000) continue;
    bytes[random.integer(0, bytes.length - 1)] = random.integer(0, 255);
    const sizes = (): number => random.integer(1, 20);
    if (isValueInParts(bytes, sizes) !== isValue(bytes))
      throw new Error(`not the same: ${Buffer.from(bytes).toString('hex')}`);
  }
});

it('the scan of a value accepts no more bytes than were announced, and is complete only with all of them', () => {
  const scan = new ValueScan(2);
  expect(scan.take(Uint8Array.of(0x91))).toBe(true);
  expect(scan.isWhole).toBe(false);
  expect(scan.take(Uint8Array.of(1, 1))).toBe(false);
});

it('the scan of a value takes its parts from within larger buffers', () => {
  const bytes = encodeValue(['x'.repeat(300), 2 ** 40]);
  for (let cut = 1; cut < bytes.length; cut++) {
    const scan = new ValueScan(bytes.length);
    const [first, second] = [bytes.subarray(0, cut), bytes.subarray(cut)].map((part) =>
      Uint8Array.of(0xc1, 0xc1, ...part, 0xc1),
    ) as [Uint8Array, Uint8Array];
    expect(scan.take(first, 2, first.length - 1)).toBe(true);
    expect(scan.take(second, 2, second.length - 1), `cut at ${cut}`).toBe(true);
    expect(scan.isWhole).toBe(true);
  }
});
