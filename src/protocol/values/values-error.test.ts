import { describe, expect, test } from 'vitest';
import { roundTrip } from '../../testing/value-checks.js';

describe('errors', () => {
  test('keep class, name, message, stack, code, info and cause', () => {
    const cause = Object.assign(new RangeError('inner'), { code: 'E_INNER' });
    const source = Object.assign(new TypeError('outer', { cause }), {
      code: 42,
      info: { field: 'x' },
      other: 1,
    });
    source.name = 'OddError';
    const back = roundTrip(source) as TypeError & Record<string, unknown>;
    expect(back).toBeInstanceOf(TypeError);
    expect([back.name, back.message, back.stack]).toEqual(['OddError', 'outer', source.stack]);
    expect([back['code'], back['info'], back['other']]).toEqual([42, { field: 'x' }, undefined]);
    expect(back.cause).toBeInstanceOf(RangeError);
    expect(back.cause).toMatchObject({ message: 'inner', code: 'E_INNER' });
    expect(Object.keys(back)).toEqual(['code', 'info']);
  });

  test.each([Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError])(
    '%o',
    (Class) => {
      const back = roundTrip(new Class('m')) as Error;
      expect(Object.getPrototypeOf(back)).toBe(Class.prototype);
      expect(back.name).toBe(Class.name);
      expect(Object.prototype.toString.call(back)).toBe('[object Error]');
      expect(Object.hasOwn(back, 'cause')).toBe(false);
    },
  );

  test('an AggregateError keeps its errors, a DOMException its name and code, a subclass its nearest builtin', () => {
    class HttpError extends RangeError {
      override name = 'HttpError';
    }
    const back = roundTrip(new AggregateError([new HttpError('503'), 'odd'], 'all failed')) as AggregateError;
    expect(back).toBeInstanceOf(AggregateError);
    expect(back.errors[0]).toBeInstanceOf(RangeError);
    expect(back.errors[0]).toMatchObject({ name: 'HttpError', message: '503' });
    expect(back.errors[1]).toBe('odd');
    expect(roundTrip(new DOMException('gone', 'AbortError'))).toMatchObject({ name: 'AbortError', code: 20 });
  });

  test('an error whose message is undefined has an empty message, one without the list of its errors an empty list', () => {
    const silent = Object.defineProperty(new RangeError('x'), 'message', { value: undefined });
    expect((roundTrip(silent) as Error).message).toBe('');
    const unlisted = new AggregateError([1], 'all failed');
    Reflect.deleteProperty(unlisted, 'errors');
    expect((roundTrip(unlisted) as AggregateError).errors).toEqual([]);
  });

  test('decoding does not set the depth of stack traces where the program has removed it', () => {
    const before = Error.stackTraceLimit;
    Reflect.deleteProperty(Error, 'stackTraceLimit');
    try {
      roundTrip(new Error('x'));
      expect(Object.hasOwn(Error, 'stackTraceLimit')).toBe(false);
    } finally {
      Error.stackTraceLimit = before;
    }
  });

  test('decoding leaves the depth of stack traces as it was', () => {
    const before = Error.stackTraceLimit;
    roundTrip(new Error('x'));
    expect(Error.stackTraceLimit).toBe(before);
    expect(
      (roundTrip(Object.defineProperty(new Error('x'), 'stack', { value: 1 })) as Error).stack,
    ).toBeUndefined();
  });
});
