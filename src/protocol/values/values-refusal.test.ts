import { describe, expect, test } from 'vitest';
import { isError } from '../../lib/errors.js';
import { VALUE_BYTES_MAX, VALUE_DEPTH_MAX } from '../limits.js';
import { notCloneableInfo, roundTrip, tooLargeInfo } from '../../testing/value-checks.js';
import { decodeValue, encodeValue } from './values.js';

describe('what cannot be sent is named with its path', () => {
  class Point {
    x = 1;
  }
  class NoName {}
  Object.defineProperty(NoName, 'name', { value: '' });
  const refused: [unknown, string, string][] = [
    [() => 1, '$', 'function'],
    [{ a: [0, 0, 0, { b: Symbol('s') }] }, '$.a[3].b', 'symbol'],
    [{ 'odd key': { p: Promise.resolve() } }, '$["odd key"].p', 'Promise'],
    [[new WeakMap()], '$[0]', 'WeakMap'],
    [[new WeakSet()], '$[0]', 'WeakSet'],
    [[new WeakRef({})], '$[0]', 'WeakRef'],
    [[new Point()], '$[0]', 'Point'],
    [[new NoName()], '$[0]', 'Object'],
    [[Object(Symbol('s'))], '$[0]', 'Symbol'],
    [new SharedArrayBuffer(1), '$', 'SharedArrayBuffer'],
    [[, new Uint8Array(new SharedArrayBuffer(1))], '$[1]', 'SharedArrayBuffer'],
    [
      new Map<unknown, unknown>([
        [1, 2],
        [() => 1, 3],
      ]),
      '$<key 1>',
      'function',
    ],
    [new Map([[1, { f: (): void => undefined }]]), '$<value 0>.f', 'function'],
    [new Set([1, (): void => undefined]), '$<item 1>', 'function'],
    [new Error('x', { cause: [(): void => undefined] }), '$.cause[0]', 'function'],
    [new AggregateError([Symbol('s')]), '$.errors[0]', 'symbol'],
    [new URL('http://a/'), '$', 'URL'],
    [Object.create(new Map()), '$', 'Map'],
    [Object.create(Object.create(null) as object), '$', 'Object'],
    [Object.setPrototypeOf({}, Date.prototype), '$', 'Date'],
    [(function* () {})(), '$', 'Object'],
    [Object.setPrototypeOf({ [Symbol.toStringTag]: 'constructor' }, Point.prototype), '$', 'Point'],
  ];
  for (const [value, path, type] of refused) {
    test(`${type} at ${path}`, () => {
      const info = notCloneableInfo(value);
      expect(info.path).toBe(path);
      if (type !== 'Object') expect(info.type).toBe(type);
    });
  }

  test('what throws while it is read is named, with its error as the cause', () => {
    const boom = new Error('boom');
    const fail = (): never => {
      throw boom;
    };
    const getter = {
      list: [
        {
          get bad(): never {
            return fail();
          },
        },
      ],
    };
    const proxies = [
      new Proxy({}, { ownKeys: fail }),
      new Proxy({}, { getPrototypeOf: fail }),
      new Proxy([], { get: fail }),
      new Proxy({ a: 1 }, { get: fail }),
    ];
    expect(notCloneableInfo(getter)).toEqual({ path: '$.list[0].bad', type: 'throws' });
    for (const proxy of proxies) {
      const error = (() => {
        try {
          return encodeValue({ p: proxy });
        } catch (thrown) {
          return thrown as Error;
        }
      })() as Error & { info: { path: string } };
      expect(isError(error, 'VALUE_NOT_CLONEABLE')).toBe(true);
      expect(error.cause).toBe(boom);
      expect(error.info.path).toMatch(/^\$\.p/);
    }
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(notCloneableInfo({ proxy })).toEqual({ path: '$.proxy', type: 'throws' });
    expect(
      notCloneableInfo({
        get x(): never {
          throw Object.create(null);
        },
      }).path,
    ).toBe('$.x');
  });

  test('a detached buffer is refused', () => {
    const bytes = new Uint8Array(4);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    expect(notCloneableInfo([bytes]).path).toBe('$[0]');
    expect(notCloneableInfo([bytes.buffer]).path).toBe('$[0]');
  });

  test('a view that is out of the bounds of its resized buffer is refused, and an empty one is not', () => {
    const Resizable = ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer & { resize(to: number): void }; // prettier-ignore
    const buffer = new Resizable(8, { maxByteLength: 16 });
    const views = [new Uint8Array(buffer, 4, 4), new Float64Array(buffer, 0, 1), new DataView(buffer, 4, 4)];
    const empty = new Uint8Array(buffer, 0, 0);
    buffer.resize(2);
    for (const view of views) expect(notCloneableInfo({ view }).path).toBe('$.view');
    expect(decodeValue(encodeValue(empty))).toEqual(new Uint8Array(0));
    // What can be resized arrives as it is, and cannot be resized any more.
    const arrived = decodeValue(encodeValue(buffer)) as ArrayBuffer & { resizable?: boolean };
    expect([arrived.byteLength, arrived.resizable]).toEqual([2, false]);
  });

  test.each([
    [new Blob(['x']), 'Blob', 'arrayBuffer()'],
    [new URL('https://example.org/'), 'URL', 'url.href'],
    [Object.create({ a: 1 }), 'Object', '{ ...object }'],
  ])('what says the same and can be sent is in the error: %o', (value, type, advice) => {
    expect(notCloneableInfo([value])).toEqual({ path: '$[0]', type });
    expect(() => encodeValue(value)).toThrow(advice);
  });

  test('a class that this engine does not have is named, and is no malformed value', () => {
    const bytes = Uint8Array.from([0xd5, 0x1c, 0x00, 0x3c]);
    if ('Float16Array' in globalThis)
      expect(Array.from(decodeValue(bytes) as ArrayLike<number>)).toEqual([1]);
    else
      expect(() => decodeValue(bytes)).toThrow(
        expect.objectContaining({ code: 'UNSUPPORTED_ENVIRONMENT' }) as Error,
      );
  });

  test('a throw leaves nothing behind for the next value', () => {
    const shared = {};
    expect(() => encodeValue([shared, () => 1])).toThrow();
    expect([...encodeValue([shared])]).toEqual([0x91, 0x80]);
  });
});

describe('limits', () => {
  const nested = (depth: number): unknown => {
    let value: unknown = [];
    for (let i = 1; i < depth; i++) value = i % 2 === 0 ? [value] : new Map([[0, value]]);
    return value;
  };

  test('nesting up to the limit and no deeper', () => {
    expect(() => roundTrip(nested(VALUE_DEPTH_MAX))).not.toThrow();
    expect(tooLargeInfo(nested(VALUE_DEPTH_MAX + 1))['limit']).toBe('depth');
  });

  test('bytes up to the limit and no more', () => {
    expect(tooLargeInfo({ b: new Uint8Array(VALUE_BYTES_MAX + 2 ** 20) })).toEqual({
      path: '$.b',
      limit: 'bytes',
    });
    const longest = encodeValue(new Uint8Array(VALUE_BYTES_MAX - 5));
    expect(longest.length).toBe(VALUE_BYTES_MAX);
    expect((decodeValue(longest) as Uint8Array).length).toBe(VALUE_BYTES_MAX - 5);
    expect(() => decodeValue(new Uint8Array(VALUE_BYTES_MAX + 1))).toThrow('bytes are too many');
    expect(tooLargeInfo(new Uint8Array(VALUE_BYTES_MAX - 4))).toEqual({ path: '$', limit: 'bytes' });
    expect(tooLargeInfo(Array.from({ length: 3 }, () => 'x'.repeat(30 * 1024 * 1024)))).toMatchObject({
      limit: 'bytes',
    });
  });
});

describe('the refusal of bytes that are no value', () => {
  const refusal = (bytes: number[]): Error => {
    try {
      decodeValue(Uint8Array.from(bytes));
    } catch (error) {
      return error as Error;
    }
    return new Error('decodeValue did not throw');
  };

  test('has the error of the engine as its cause, where there is one, and else no cause', () => {
    const notUtf8 = refusal([0xa2, 0xff, 0xff]);
    expect(notUtf8).toMatchObject({ code: 'VALUE_MALFORMED', info: { at: 3 } });
    expect(notUtf8.cause).toBeInstanceOf(TypeError);
    const cutOff = refusal([0xcb, 0, 0]);
    expect(cutOff).toMatchObject({ code: 'VALUE_MALFORMED' });
    expect(Object.hasOwn(cutOff, 'cause')).toBe(false);
  });

  test('says how many bytes are missing', () => {
    expect(refusal([0xcb, 0, 0]).message).toContain('8 bytes expected, 2 left');
    expect(refusal([0xc7, 9, 0, 1, 2]).message).toContain('9 bytes expected, 2 left');
  });
});

describe('the advice of a refusal', () => {
  class Vector {
    x = 1;
  }
  test.each([
    [new Response('text'), 'await response.json()'],
    [new Request('http://a.example/'), 'request.url'],
    [new SharedArrayBuffer(1), 'new Uint8Array(shared).slice()'],
    [new Vector(), '{ ...instance }'],
    [() => 1, 'inside the work function'],
  ])('names what the reader can do, and nothing that is not there: %o', (value, advice) => {
    expect(() => encodeValue(value)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(advice) as string }) as Error,
    );
    expect(() => encodeValue(value)).not.toThrow(/registerSerializer/);
  });
});
