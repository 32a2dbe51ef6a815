import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isError } from '../../lib/errors.js';
import { ARRAY_LENGTH_MAX, REGEXP_UNICODE_LENGTH_MAX, VALUE_BYTES_MAX, VALUE_DEPTH_MAX } from '../limits.js';
import { decodeError } from './envelope.js';
import { decodeValue, encodeValue } from '../values/values.js';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

/** Decodes; anything but a value or `VALUE_MALFORMED` is a defect. True where there was a value. */
function survives(bytes: Uint8Array, decode: (bytes: Uint8Array) => unknown = decodeValue): boolean {
  try {
    decode(bytes);
    return true;
  } catch (error) {
    // The second one is of well-formed bytes that this engine has no class for.
    if (isError(error, 'VALUE_MALFORMED') || isError(error, 'UNSUPPORTED_ENVIRONMENT')) return false;
    throw error;
  }
}

function memoryBytes(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** A value with every kind of thing in it. */
function menagerie(): unknown {
  const shared = { name: 'shared', list: [1, -1, 300, -300, 70_000, 2 ** 40, 0.5, -0, NaN] };
  const sparse: unknown[] = [];
  sparse[9] = shared;
  const error = Object.assign(new AggregateError([new TypeError('t')], 'all', { cause: shared }), {
    code: 'E',
  });
  error.stack = 'AggregateError: all\n    at somewhere';
  return {
    shared,
    sparse,
    error,
    map: new Map<unknown, unknown>([
      [shared, 'ä'],
      ['long '.repeat(60), undefined],
    ]),
    set: new Set([null, true, 2n ** 80n, -5n, '\ud800']),
    date: new Date(5),
    regexp: /x+/giu,
    boxed: [Object(1), Object('s')],
    binary: [new Uint8Array(300), new ArrayBuffer(3), new Float64Array(2), new DataView(new ArrayBuffer(1))],
  };
}

test('random bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void survives(bytes)),
    { numRuns: 5_000 },
  );
});

test('random bytes of the heads that there are', () => {
  const head = fc.constantFrom(
    0x81,
    0x92,
    0x93,
    0xc0,
    0xc4,
    0xc7,
    0xc8,
    0xcb,
    0xd4,
    0xd5,
    0xd6,
    0xd7,
    0xdc,
    0xde,
    0xa1,
    0,
    1,
    2,
    3,
    4,
    5,
    6,
  );
  fc.assert(
    fc.property(fc.array(head, { maxLength: 60 }), (bytes) => void survives(Uint8Array.from(bytes))),
    { numRuns: 20_000 },
  );
});

test('a valid encoding with bytes changed, cut, doubled or put in', () => {
  const valid = encodeValue(menagerie());
  const change = fc.record({
    at: fc.nat(valid.length - 1),
    put: fc.uint8Array({ maxLength: 4 }),
    drop: fc.nat(6),
  });
  let refused = 0;
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      let bytes = Array.from(valid);
      for (const { at, put, drop } of changes)
        bytes = [...bytes.slice(0, at), ...put, ...bytes.slice(at + drop)];
      if (!survives(Uint8Array.from(bytes))) refused++;
      survives(Uint8Array.from(bytes), decodeError);
    }),
    { numRuns: 5_000 },
  );
  expect(refused).toBeGreaterThan(1_000);
});

test('every prefix of a valid encoding is refused', () => {
  const valid = encodeValue(menagerie());
  for (let length = 0; length < valid.length; length++)
    expect(survives(valid.subarray(0, length))).toBe(false);
  expect(survives(valid)).toBe(true);
  expect(survives(Uint8Array.from([...valid, 0]))).toBe(false);
});

describe('lengths that lie', () => {
  const LIES = [
    'dd ff ff ff ff',
    'df ff ff ff ff',
    'db ff ff ff ff',
    'c6 ff ff ff ff',
    'c9 ff ff ff ff 01',
    'c9 ff ff ff ff 10',
    'dc ff ff 00',
    'de ff ff a1 61 00',
    'd9 05 61',
    'c7 08 02 00',
    'c7 00 01',
    'c7 03 18 00 00 00',
    'c7 03 04 00 00 00',
  ];
  test.each(LIES)('%s', (bytes) => {
    expect(survives(hex(bytes))).toBe(false);
  });

  test('are named, and refused before anything is read for them', () => {
    const zeros = new Uint8Array(100).fill(0);
    for (const head of ['dd 00 00 00 61', 'df 00 00 00 31', 'dc ff ff']) {
      const bytes = zeros.slice();
      bytes.set(hex(head));
      const error = expect.objectContaining({
        code: 'VALUE_MALFORMED',
        info: { at: head.split(' ').length },
        message: expect.stringMatching(/items announced, \d+ bytes left/) as string,
      }) as Error;
      expect(() => decodeValue(bytes), head).toThrow(error);
    }
  });

  test('nested headers that each announce all that is left allocate nothing for it', () => {
    const bytes = new Uint8Array(1 << 20);
    for (let at = 0; at + 5 <= 5 * (VALUE_DEPTH_MAX - 1); at += 5) {
      bytes[at] = 0xdd;
      new DataView(bytes.buffer).setUint32(at + 1, bytes.length - at - 5);
    }
    const before = memoryBytes();
    expect(survives(bytes)).toBe(false);
    expect(memoryBytes() - before).toBeLessThan(100 * 2 ** 20);
  });
});

describe('nesting', () => {
  const deep = (head: string, levels: number): Uint8Array => hex(head.repeat(levels) + 'c0');

  test.each([
    ['arrays', '91'],
    ['objects', '81a161'],
    ['maps', '93d4050100'],
    ['sets', '92d40502'],
    ['sparse arrays', '94d405000100'],
    ['causes', '94d40503a54572726f72a56361757365'],
    ['long heads', 'dd00000001'],
  ])('%s', (_, head) => {
    expect(survives(deep(head, VALUE_DEPTH_MAX))).toBe(true);
    expect(survives(deep(head, VALUE_DEPTH_MAX + 1))).toBe(false);
    expect(survives(deep(head, 200_000))).toBe(false);
  });
});

describe('single oddities', () => {
  const ODD: [string, string][] = [
    ['nothing', ''],
    ['a head that begins nothing', 'c1'],
    ['an extension that is not known', 'd4 7f 00'],
    ['the timestamp extension', 'd6 ff 00 00 00 00'],
    ['a tag that is not known', '91 d4 05 63'],
    ['a tag alone', 'd4 05 01'],
    ['an undefined with another payload', 'd4 00 01'],
    ['an integer past 2^53', 'cf 00 20 00 00 00 00 00 00'],
    ['an integer below −2^53', 'd3 ff df ff ff ff ff ff ff'],
    ['a reference to itself', 'd4 03 00'],
    ['a reference ahead', '92 d4 03 01 90'],
    ['a reference of 8 bytes', '91 d7 03 00 00 00 00 00 00 00 00'],
    ['text that is not UTF-8', 'a1 80'],
    ['an overlong encoding', 'a2 c0 80'],
    ['a surrogate in UTF-8', 'a3 ed a0 80'],
    ['long text that is not UTF-8', `d9 1e ${'61'.repeat(29)} ff`],
    ['UTF-16 text of an odd length with more behind it', '92 c7 03 04 00 61 00 61'],
    ['a key that is a number', '81 01 01'],
    ['a key that is an array', '81 90 01'],
    ['a key that is a head', '81 c1 01'],
    ['a map with a key and no value', '92 d4 05 01 01'],
    ['a sparse array without a length', '91 d4 05 00'],
    ['a sparse array of a length that is not whole', '92 d4 05 00 cb 3f e0 00 00 00 00 00 00'],
    ['a sparse array of a negative length', '92 d4 05 00 ff'],
    ['a sparse array whose length is an array', '92 d4 05 00 90'],
    ['a sparse index behind the length', '94 d4 05 00 01 01 00'],
    ['a sparse index given twice', '96 d4 05 00 05 01 00 01 00'],
    ['a sparse index that is text', '94 d4 05 00 05 a1 30 00'],
    ['an error of an unknown class', '92 d4 05 03 a3 466f6f'],
    ['an error without a class', '91 d4 05 03'],
    ['an error with an unknown field', '94 d4 05 03 a5 4572726f72 a1 61 00'],
    ['an error whose message is a number', '94 d4 05 03 a5 4572726f72 a7 6d657373616765 00'],
    ['a regular expression that is none', '93 d4 05 04 a1 28 a0'],
    ['a regular expression with odd flags', '93 d4 05 04 a1 61 a1 7a'],
    ['a regular expression of one part', '92 d4 05 04 a1 61'],
    ['a boxed null', '92 d4 05 05 c0'],
    ['a boxed object', '92 d4 05 05 80'],
    ['an instance of a class that nobody registered', '93 d4 05 06 a1 61 00'],
    ['an instance that contains itself', '93 d4 05 06 a1 61 d4 03 00'],
    ['a part of an element', 'c7 03 13 00 00 00'],
  ];
  test.each(ODD)('%s', (_, bytes) => {
    expect(survives(hex(bytes))).toBe(false);
  });

  test('a crowd of arrays with holes takes no room for the holes', () => {
    const many = 100_000;
    const bytes = new Uint8Array(5 + 7 * many);
    bytes.set(hex('dd 00 01 86 a0'));
    for (let i = 0; i < many; i++) bytes.set(hex('92 d4 05 00 cd 03 e8'), 5 + 7 * i);
    const before = memoryBytes();
    const back = decodeValue(bytes) as unknown[][];
    expect(memoryBytes() - before).toBeLessThan(100 * 2 ** 20);
    expect(back[many - 1]!.length).toBe(1_000);
  });

  test('a sparse array past the limit; the longest one takes no room', () => {
    const sparse = (length: number): Uint8Array => {
      const bytes = hex('92 d4 05 00 ce 00 00 00 00');
      new DataView(bytes.buffer).setUint32(5, length);
      return bytes;
    };
    expect(survives(sparse(ARRAY_LENGTH_MAX + 1))).toBe(false);
    const before = memoryBytes();
    const back = decodeValue(sparse(ARRAY_LENGTH_MAX)) as unknown[];
    expect(back.length).toBe(ARRAY_LENGTH_MAX);
    expect(memoryBytes() - before).toBeLessThan(50 * 2 ** 20);
  });

  test('regular expressions that cost an engine seconds are refused at once', () => {
    const encoded = (source: string, flags: string): Uint8Array => {
      const parts = encodeValue([0, source, flags]);
      return Uint8Array.from([0x93, 0xd4, 0x05, 0x04, ...parts.subarray(2)]);
    };
    expect(survives(encoded('a'.repeat(60_000), 'g'))).toBe(true);
    expect(survives(encoded('a'.repeat(REGEXP_UNICODE_LENGTH_MAX - 16), 'u'))).toBe(true);
    expect(survives(encoded(`[${'\\w\\W'.repeat(10_000)}]`, 'iu'))).toBe(false);
    expect(survives(encoded('a'.repeat(70_000), ''))).toBe(false);
    expect(survives(encoded('('.repeat(60_000), ''))).toBe(false);
  });

  test('more bytes than a value may have are not looked at', () => {
    const bytes = new Uint8Array(VALUE_BYTES_MAX + 1);
    const error = expect.objectContaining({
      code: 'VALUE_MALFORMED',
      message: expect.stringContaining('too many') as string,
    });
    expect(() => decodeValue(bytes)).toThrow(error as Error);
  });

  test('integers of any width and float32 are taken: other writers may not choose the least', () => {
    expect(decodeValue(hex('cf 00 00 00 00 00 00 00 01'))).toBe(1);
    expect(decodeValue(hex('d3 ff ff ff ff ff ff ff ff'))).toBe(-1);
    expect(decodeValue(hex('ca 3f 80 00 00'))).toBe(1);
    expect(decodeValue(hex('db 00 00 00 01 61'))).toBe('a');
    expect(decodeValue(hex('df 00 00 00 01 d9 01 61 c3'))).toEqual({ a: true });
    expect(decodeValue(hex('d7 01 00 00 00 00 00 00 00 05'))).toBe(5n);
  });

  test('a key given twice counts once, the last value', () => {
    expect(decodeValue(hex('82 a1 61 01 a1 61 02'))).toEqual({ a: 2 });
  });

  test('a key that was read before does not let ill-formed bytes pass for it', () => {
    // Both have the same place among the keys that are kept, and the same code units where UTF-8 is not minded.
    const key = 'ÀJ';
    expect(decodeValue(encodeValue({ [key]: 1 }))).toEqual({ [key]: 1 });
    expect(survives(hex('81 a2 c0 4a 01'))).toBe(false);
  });

  test('`__proto__` and `constructor` as keys are only keys', () => {
    const back = decodeValue(
      encodeValue(JSON.parse('{"__proto__":{"x":1},"constructor":{"prototype":{"x":1}}}')),
    );
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });
});
