import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { ARRAY_LENGTH_MAX, REGEXP_LENGTH_MAX, REGEXP_UNICODE_LENGTH_MAX } from '../limits.js';
import { notCloneableInfo, roundTrip, tooLargeInfo } from '../../testing/value-checks.js';
import { decodeValue, encodeValue } from './values.js';

describe('primitives', () => {
  test.each([
    ...[0, -0, 1, 127, 128, 255, 256, 65_535, 65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32],
    ...[-1, -32, -33, -128, -129, -32_768, -32_769, -(2 ** 31), -(2 ** 31) - 1, -(2 ** 32), -(2 ** 32) - 1],
    ...[Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 2 ** 53, -(2 ** 53), 2 ** 64, 1e300],
    ...[0.5, -0.1, 5e-324, Number.MAX_VALUE, NaN, Infinity, -Infinity],
    ...[null, undefined, true, false],
    ...[
      0n,
      1n,
      -1n,
      127n,
      128n,
      -128n,
      -129n,
      255n,
      256n,
      2n ** 63n,
      -(2n ** 63n),
      2n ** 64n,
      -(2n ** 2000n),
      3n ** 999n,
    ],
  ])('%s', (value) => {
    expect(roundTrip(value)).toBe(value);
  });

  test('whole numbers are MessagePack integers of the least width; −0 and fractions are float64', () => {
    const lengths = [127, 255, 65_535, 2 ** 32 - 1, 2 ** 33, -32, -128, -32_768, -(2 ** 31), -(2 ** 33)].map(
      (n) => encodeValue(n).length,
    );
    expect(lengths).toEqual([1, 2, 3, 5, 9, 1, 2, 3, 5, 9]);
    expect([-0, 0.5, 2 ** 53].map((n) => encodeValue(n)[0])).toEqual([0xcb, 0xcb, 0xcb]);
  });

  test.each(['', 'a', 'ä', '€', '😀', '\0', 'z'.repeat(31), 'z'.repeat(32), 'é'.repeat(15), 'é'.repeat(16)])(
    'text %j',
    (text) => {
      expect(roundTrip(text)).toBe(text);
    },
  );

  test('text around every limit of its header', () => {
    for (const length of [23, 24, 25, 31, 32, 33, 99, 255, 256, 257, 65_534, 65_535, 65_536, 70_000]) {
      for (const unit of ['x', 'é', '€', '\u{1f600}']) {
        const text = unit.repeat(length);
        expect(roundTrip(text) === text, `${length} of ${unit}`).toBe(true);
        const late = `${'x'.repeat(length)}${unit}`;
        expect(roundTrip(late) === late, `${length} and ${unit}`).toBe(true);
      }
    }
  });

  test('lone surrogates survive, short and long, as values and as keys', () => {
    for (const length of [0, 1, 40, 300, 70_000]) {
      for (const lone of ['\ud800', '\udc00', '\udfff', '\udc00\ud800', '\ud800x']) {
        const text = 'ä'.repeat(length) + lone;
        expect(roundTrip(text) === text, `${length}`).toBe(true);
        expect(Object.keys(roundTrip({ [text]: 1 }) as object)).toEqual([text]);
      }
    }
  });

  test('an initial byte order mark stays', () => {
    expect(roundTrip('\ufeffa')).toBe('\ufeffa');
    expect(roundTrip(`\ufeff${'a'.repeat(300)}`)).toBe(`\ufeff${'a'.repeat(300)}`);
  });
});

describe('objects', () => {
  test('plain objects keep the order of their keys; null prototypes become plain', () => {
    const bare = Object.assign(Object.create(null) as object, { b: 1, a: 2 });
    const back = roundTrip(bare) as object;
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
    expect(Object.entries(back)).toEqual([
      ['b', 1],
      ['a', 2],
    ]);
  });

  test('symbol keys and properties that are not enumerable are left out; getters are read', () => {
    const source = {
      [Symbol('s')]: 1,
      get read() {
        return 7;
      },
    };
    Object.defineProperty(source, 'hidden', { value: 1 });
    expect(roundTrip(source)).toEqual({ read: 7 });
  });

  test('a key `__proto__` is a property and touches no prototype', () => {
    const source = JSON.parse('{"__proto__":{"polluted":true},"a":1}') as object;
    const back = roundTrip(source) as Record<string, unknown>;
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
    expect(Object.keys(back)).toEqual(['__proto__', 'a']);
    expect(back['polluted']).toBeUndefined();
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('`toJSON` means nothing', () => {
    expect(notCloneableInfo({ toJSON: () => 1 })).toEqual({ path: '$.toJSON', type: 'function' });
  });

  test('objects of another realm are what they are there', () => {
    const foreign = runInNewContext(
      '({ a: [1], m: new Map([[1, 2]]), d: new Date(5), e: new RangeError("far"), r: /x/g, n: new Number(3) })',
    ) as object;
    const back = roundTrip(foreign) as {
      a: unknown;
      m: unknown;
      d: unknown;
      e: unknown;
      r: unknown;
      n: unknown;
    };
    expect(back.a).toEqual([1]);
    expect(back.m).toEqual(new Map([[1, 2]]));
    expect(back.d).toEqual(new Date(5));
    expect(back.e).toBeInstanceOf(RangeError);
    expect(back.r).toEqual(/x/g);
    expect(back.n).toEqual(Object(3));
  });
});

describe('arrays', () => {
  test('holes are not undefined', () => {
    const back = roundTrip([, 1, , undefined, ,]) as unknown[];
    expect(back.length).toBe(5);
    expect(Object.keys(back)).toEqual(['1', '3']);
  });

  test('a long sparse array costs what is in it', () => {
    const sparse: unknown[] = [];
    sparse[50_000_000] = 'last';
    sparse[3] = sparse;
    const bytes = encodeValue(sparse);
    expect(bytes.length).toBeLessThan(40);
    const back = decodeValue(bytes) as unknown[];
    expect(back.length).toBe(50_000_001);
    expect(Object.keys(back)).toEqual(['3', '50000000']);
    expect(back[3]).toBe(back);
    expect((roundTrip(new Array(5_000)) as unknown[]).length).toBe(5_000);
  });

  test('a property that only looks like an index is left out of a sparse array too', () => {
    const sparse: unknown[] = [];
    sparse.length = 3;
    sparse[1] = 'one';
    Object.assign(sparse, { '4294967295': 'no index', '01': 'nor this', '-1': 'nor that' });
    const back = roundTrip(sparse) as unknown[];
    expect(back.length).toBe(3);
    expect(Object.entries(back)).toEqual([['1', 'one']]);
  });

  test('an array past the limit is refused, with its path', () => {
    expect(tooLargeInfo({ a: new Array(ARRAY_LENGTH_MAX + 1) })).toEqual({ path: '$.a', limit: 'length' });
  });

  test('properties of an array beside its items are left out', () => {
    expect(roundTrip(Object.assign([1, 2], { extra: 1 }))).toEqual([1, 2]);
    expect(roundTrip('ab'.match(/(b)/))).toEqual(['b', 'b']);
  });

  test('subclasses of builtins come back as the builtin', () => {
    class Stack extends Array<number> {}
    class Table extends Map<number, number> {}
    const back = roundTrip([Stack.of(1, 2), new Table([[1, 2]]), Buffer.from('hi')]) as unknown[];
    const classes = back.map((each) => (each as object).constructor.name);
    expect(classes).toEqual(['Array', 'Map', 'Uint8Array']);
  });
});

describe('builtins', () => {
  test('dates, also invalid ones and the farthest', () => {
    for (const ms of [0, -1, 8.64e15, -8.64e15, NaN]) {
      const back = roundTrip(new Date(ms)) as Date;
      expect(back).toBeInstanceOf(Date);
      expect(back.getTime()).toBe(ms);
    }
  });

  test('regular expressions start at 0', () => {
    const source = /a+b/giu;
    source.lastIndex = 3;
    const back = roundTrip(source) as RegExp;
    expect([back.source, back.flags, back.lastIndex]).toEqual(['a+b', 'giu', 0]);
    expect(roundTrip(new RegExp(''))).toEqual(new RegExp(''));
  });

  test('the longest source of a regular expression is sent, one that is longer by a character is refused', () => {
    const longest = new RegExp('a'.repeat(REGEXP_LENGTH_MAX));
    expect(roundTrip(longest)).toEqual(longest);
    expect(tooLargeInfo(new RegExp(`${longest.source}a`))).toEqual({ path: '$', limit: 'regexp' });
  });

  test('regular expressions that would cost a decoder much are refused', () => {
    const dear = new RegExp('\\p{L}'.repeat(REGEXP_UNICODE_LENGTH_MAX / 5), 'u');
    expect(tooLargeInfo([dear])).toEqual({ path: '$[0]', limit: 'regexp' });
    const small = Array.from({ length: 300 }, (_, i) => new RegExp(`a${i}`, 'u'));
    expect(tooLargeInfo(small)).toMatchObject({ limit: 'regexp' });
    expect(roundTrip(Array.from({ length: 3_000 }, (_, i) => new RegExp(`a${i}`)))).toHaveLength(3_000);
  });

  test('boxed primitives stay boxed', () => {
    for (const primitive of [1, -0, NaN, 'text', true, false, 5n]) {
      const back = roundTrip(Object(primitive)) as object;
      expect(typeof back).toBe('object');
      expect(back.valueOf()).toBe(primitive);
      expect(Object.getPrototypeOf(back)).toBe(Object.getPrototypeOf(Object(primitive)));
    }
  });

  test('maps and sets keep their order and any keys', () => {
    const key = { k: 1 };
    const back = roundTrip({
      map: new Map<unknown, unknown>([
        [key, 1],
        [NaN, 2],
        ['b', 3],
      ]),
      set: new Set([key, 'x']),
    }) as {
      map: Map<unknown, unknown>;
      set: Set<unknown>;
    };
    expect([...back.map.values()]).toEqual([1, 2, 3]);
    expect(back.map.get(NaN)).toBe(2);
    expect([...back.set][0]).toBe([...back.map.keys()][0]);
  });

  test('every kind of view, only the bytes that it sees', () => {
    const buffer = new ArrayBuffer(32);
    new Uint8Array(buffer).forEach((_, i, all) => (all[i] = i));
    const views = [
      new Int8Array(buffer, 8, 8),
      new Uint8Array(buffer, 8, 8),
      new Uint8ClampedArray(buffer, 8, 8),
      new Int16Array(buffer, 8, 4),
      new Uint16Array(buffer, 8, 4),
      new Int32Array(buffer, 8, 2),
      new Uint32Array(buffer, 8, 2),
      new Float32Array(buffer, 8, 2),
      new Float64Array(buffer, 8, 1),
      new BigInt64Array(buffer, 8, 1),
      new BigUint64Array(buffer, 8, 1),
      new DataView(buffer, 8, 8),
    ];
    for (const view of views) {
      const back = roundTrip(view) as ArrayBufferView;
      expect(back.constructor).toBe(view.constructor);
      expect(back.buffer.byteLength).toBe(8);
      expect(new Uint8Array(back.buffer)).toEqual(new Uint8Array(buffer, 8, 8));
    }
    expect(roundTrip(buffer)).toEqual(buffer);
    expect(roundTrip(new ArrayBuffer(0))).toEqual(new ArrayBuffer(0));
  });

  test('bytes have the shortest head for their number, at each of its limits', () => {
    const heads = [0, 255, 256, 65_535, 65_536].map((length) => {
      const bytes = new Uint8Array(length).fill(7);
      expect(roundTrip(bytes)).toEqual(bytes);
      return encodeValue(bytes).length - length;
    });
    expect(heads).toEqual([2, 2, 3, 3, 5]);
  });

  test('decoded bytes are a copy: they do not change with the buffer they came from', () => {
    const bytes = encodeValue(new Uint8Array([1, 2, 3]));
    const back = decodeValue(Buffer.from(bytes.buffer)) as Uint8Array;
    bytes.fill(0);
    expect(back).toEqual(new Uint8Array([1, 2, 3]));
    expect(back.buffer.byteLength).toBe(3);
  });
});

describe('identity', () => {
  test('cycles and shared objects of every kind', () => {
    const shared = [
      {},
      [],
      new Map(),
      new Set(),
      new Date(),
      /x/,
      new Error('e'),
      new Uint8Array(2),
      new ArrayBuffer(1),
      Object('s'),
    ];
    const source: Record<string, unknown> = { shared, again: [...shared] };
    source['self'] = source;
    (shared[2] as Map<unknown, unknown>).set(source, source);
    (shared[3] as Set<unknown>).add(shared);
    (shared[6] as Error).cause = source;
    const back = roundTrip(source) as { shared: unknown[]; again: unknown[]; self: unknown };
    expect(back.self).toBe(back);
    back.shared.forEach((each, i) => expect(each).toBe(back.again[i]));
    expect((back.shared[2] as Map<unknown, unknown>).get(back)).toBe(back);
    expect((back.shared[3] as Set<unknown>).has(back.shared)).toBe(true);
    expect((back.shared[6] as Error).cause).toBe(back);
  });

  test('references of every width', () => {
    const many = Array.from({ length: 70_000 }, (_, i) => ({ i }));
    const back = roundTrip([many, many[0], many[300], many[69_999]]) as [object[], object, object, object];
    expect([back[1], back[2], back[3]]).toEqual([{ i: 0 }, { i: 300 }, { i: 69_999 }]);
    expect(back[1]).toBe(back[0][0]);
    expect(back[2]).toBe(back[0][300]);
    expect(back[3]).toBe(back[0][69_999]);
  });

  test('views of one buffer come back with a buffer each', () => {
    const buffer = new ArrayBuffer(8);
    const [a, b] = roundTrip([new Uint8Array(buffer), new Uint8Array(buffer)]) as [Uint8Array, Uint8Array];
    expect(a.buffer).not.toBe(b.buffer);
  });
});
