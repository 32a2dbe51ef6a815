import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { isError, ManyhandsError } from '../../lib/errors.js';
import { decodeBlobRef, decodeError, encodeBlobRef, encodeError } from './envelope.js';
import { BLOB_BYTES_MAX, ERROR_BYTES_MAX, ERROR_TEXT_LENGTH_MAX } from '../limits.js';
import { encodeValue } from '../values/values.js';

const roundTrip = (thrown: unknown): Error & Record<string, unknown> =>
  decodeError(encodeError(thrown)) as Error & Record<string, unknown>;

describe('errors of work functions', () => {
  test('builtin classes come back as themselves, with message, stack, code, info and cause', () => {
    const cause = new SyntaxError('deep');
    const source = Object.assign(new TypeError('bad datum', { cause }), { code: 'E_DATUM', info: { at: 3 } });
    const back = roundTrip(source);
    expect(back).toBeInstanceOf(TypeError);
    expect([back.name, back.message, back.stack]).toEqual(['TypeError', 'bad datum', source.stack]);
    expect([back['code'], back['info']]).toEqual(['E_DATUM', { at: 3 }]);
    expect(back.cause).toBeInstanceOf(SyntaxError);
    expect((back.cause as Error).stack).toBe(cause.stack);
  });

  test('an error of another realm is its class here', () => {
    expect(roundTrip(runInNewContext('new RangeError("far")'))).toBeInstanceOf(RangeError);
  });

  test('our own errors are ours again', () => {
    const source = new ManyhandsError(
      'RESULT_NOT_CLONEABLE',
      'no',
      { path: '$.f' },
      { cause: new Error('why') },
    );
    const back = roundTrip(source);
    expect(back).toBeInstanceOf(ManyhandsError);
    expect(isError(back, 'RESULT_NOT_CLONEABLE') && back.info).toEqual({ path: '$.f' });
    expect([back.stack, (back.cause as Error).message]).toEqual([source.stack, 'why']);
    const stranger = Object.assign(new Error('x'), { name: 'ManyhandsError', code: 'toString' });
    expect(roundTrip(stranger)).not.toBeInstanceOf(ManyhandsError);
  });

  test('what is thrown and no error becomes the cause of one', () => {
    expect(roundTrip('text')).toMatchObject({ name: 'Error', message: 'thrown: text', cause: 'text' });
    expect(roundTrip(undefined)).toMatchObject({ message: 'thrown: undefined', cause: undefined });
    expect(roundTrip({ a: 1 })).toMatchObject({ cause: { a: 1 } });
    expect(Object.hasOwn(roundTrip(Symbol('s')), 'cause')).toBe(false);
    expect(roundTrip(Object.create(null))).toMatchObject({ message: 'thrown: something that has no text' });
  });

  test('an error has only the fields that were thrown with it', () => {
    for (const thrown of [new Error('plain'), new ManyhandsError('RESULT_NOT_CLONEABLE', 'no')])
      expect(Object.hasOwn(roundTrip(thrown), 'cause')).toBe(false);
    expect(
      roundTrip(Object.assign(new Error('no list'), { errors: [new Error('one')] })).errors,
    ).toBeUndefined();
    expect(Object.hasOwn(roundTrip('text'), 'stack')).toBe(false);
  });

  test('what cannot be sent is left out, the error is not', () => {
    const source = Object.assign(new Error('kept', { cause: () => 1 }), {
      code: Symbol('c'),
      info: { f: () => 1 },
    });
    const back = roundTrip(source);
    expect(back.message).toBe('kept');
    expect(Object.keys(back)).toEqual([]);
    expect(Object.hasOwn(back, 'cause')).toBe(false);
  });

  test('nothing that an error does while it is read gets out', () => {
    const fail = (): never => {
      throw new Error('trap');
    };
    expect(roundTrip(new Proxy(new Error('x'), { get: fail }))).toBeInstanceOf(Error);
    expect(roundTrip(new Proxy({}, { getPrototypeOf: fail, get: fail }))).toBeInstanceOf(Error);
    expect(roundTrip(Object.defineProperty(new Error('x'), 'cause', { get: fail }))).toBeInstanceOf(Error);
    expect(roundTrip(Object.assign(new Error(), { message: { toString: fail } }))).toBeInstanceOf(Error);
  });

  test('long texts are cut, never within a character; much else is left out', () => {
    const long = Object.assign(new Error(`${'x'.repeat(ERROR_TEXT_LENGTH_MAX - 1)}😀😀`), {
      name: 'N'.repeat(1e6),
    });
    const back = roundTrip(long);
    expect(back.message).toBe('x'.repeat(ERROR_TEXT_LENGTH_MAX - 1));
    expect(back.name.length).toBe(ERROR_TEXT_LENGTH_MAX);
    const heavy = Object.assign(new Error('m', { cause: 'c' }), { info: new Uint8Array(ERROR_BYTES_MAX) });
    expect(encodeError(heavy).length).toBeLessThanOrEqual(ERROR_BYTES_MAX);
    expect(roundTrip(heavy)).toMatchObject({ message: 'm' });
    expect(Object.hasOwn(roundTrip(heavy), 'info')).toBe(false);
  });

  test('endless causes and crowds of errors end', () => {
    const circle = new Error('circle');
    circle.cause = circle;
    expect(roundTrip(circle).cause).toBeInstanceOf(Error);
    let chain = new Error('first');
    for (let i = 0; i < 5_000; i++) chain = new Error(`at ${i}`, { cause: chain });
    expect(roundTrip(chain).message).toBe('at 4999');
    const crowd = new AggregateError(
      Array.from({ length: 5_000 }, () => new TypeError('one')),
      'crowd',
    );
    const back = roundTrip(crowd) as unknown as AggregateError;
    expect(back.errors).toHaveLength(100);
    expect(back.errors[99]).toBeInstanceOf(TypeError);
  });

  test('a body that is no encoded error is refused', () => {
    for (const bytes of [encodeValue({ message: 'x' }), encodeValue('x'), new Uint8Array(0)]) {
      expect(() => decodeError(bytes)).toThrow(expect.objectContaining({ code: 'VALUE_MALFORMED' }));
    }
  });
});

describe('blob references', () => {
  const digest = '0123456789abcdef'.repeat(4);

  test('are 40 bytes', () => {
    const body = encodeBlobRef({ digest, bytes: BLOB_BYTES_MAX });
    expect(Buffer.from(body).toString('hex')).toBe(`${digest}0000000004000000`);
    expect(decodeBlobRef(body)).toEqual({ digest, bytes: BLOB_BYTES_MAX });
    const shifted = new Uint8Array(50);
    shifted.set(body, 7);
    expect(decodeBlobRef(shifted.subarray(7, 47))).toEqual({ digest, bytes: BLOB_BYTES_MAX });
  });

  test('nothing else is one', () => {
    const bad = [
      { digest: digest.toUpperCase(), bytes: 1 },
      { digest: '00', bytes: 1 },
      { digest, bytes: -1 },
      { digest, bytes: 0.5 },
      { digest, bytes: BLOB_BYTES_MAX + 1 },
    ];
    for (const ref of bad) {
      expect(() => encodeBlobRef(ref)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    }
    const body = encodeBlobRef({ digest, bytes: 1 });
    const huge = body.slice().fill(0xff, 32);
    for (const bytes of [body.subarray(1), new Uint8Array(41), huge, new Uint8Array(0)]) {
      expect(() => decodeBlobRef(bytes)).toThrow(expect.objectContaining({ code: 'SEGMENT_MALFORMED' }));
    }
  });
});
