import { describe, expect, test } from 'vitest';
import { notCloneableInfo, roundTrip } from '../../testing/value-checks.js';
import { decodeValue, encodeValue, registerSerializer } from './values.js';

describe('registered classes', () => {
  class Vector {
    constructor(
      readonly x: number,
      readonly y: number,
    ) {}
  }
  const vector = {
    name: 'test.Vector',
    class: Vector,
    serialize: (v: Vector) => [v.x, v.y] as const,
    deserialize: ([x, y]: readonly [number, number]) => new Vector(x, y),
  };

  test('are encoded by name and decoded as instances, with identity', () => {
    const undo = registerSerializer(vector);
    try {
      const v = new Vector(1, 2);
      const back = roundTrip({ a: v, b: [v], after: {} }) as { a: Vector; b: Vector[]; after: object };
      expect(back.a).toBeInstanceOf(Vector);
      expect(back.a).toEqual(v);
      expect(back.b[0]).toBe(back.a);
      expect(back.after).toEqual({});
    } finally {
      undo();
    }
    expect(notCloneableInfo(new Vector(1, 2)).type).toBe('Vector');
  });

  test('an unknown name and a deserializer that throws are VALUE_MALFORMED', () => {
    const undo = registerSerializer(vector);
    const bytes = encodeValue(new Vector(1, 2));
    undo();
    expect(() => decodeValue(bytes)).toThrow(expect.objectContaining({ code: 'VALUE_MALFORMED' }));
    const undoBroken = registerSerializer({
      ...vector,
      deserialize: () => {
        throw new TypeError('no');
      },
    });
    expect(() => decodeValue(bytes)).toThrow(expect.objectContaining({ code: 'VALUE_MALFORMED' }));
    undoBroken();
  });

  test('what `serialize` gives may not contain the instance, nor what cannot be sent', () => {
    const undo = registerSerializer({
      ...vector,
      serialize: (v: Vector) => ({ v }),
      deserialize: () => new Vector(0, 0),
    });
    expect(notCloneableInfo([new Vector(1, 2)])).toEqual({ path: '$[0]<test.Vector>.v', type: 'cycle' });
    undo();
    const undoFunction = registerSerializer({
      ...vector,
      serialize: () => () => 1,
      deserialize: () => new Vector(0, 0),
    });
    expect(notCloneableInfo([new Vector(1, 2)])).toEqual({ path: '$[0]<test.Vector>', type: 'function' });
    undoFunction();
  });

  test('a serializer may encode values itself', () => {
    const undo = registerSerializer({
      ...vector,
      serialize: (v: Vector) => encodeValue([v.x, v.y]),
      deserialize: (bytes: Uint8Array) => new Vector(...(decodeValue(bytes) as [number, number])),
    });
    expect(roundTrip([1, new Vector(3, 4), 2])).toEqual([1, new Vector(3, 4), 2]);
    undo();
  });

  test('names and classes are taken once', () => {
    const undo = registerSerializer(vector);
    for (const bad of [
      vector,
      { ...vector, name: '' },
      { ...vector, name: 'x'.repeat(256) },
      { ...vector, name: 'other' },
    ]) {
      expect(() => registerSerializer(bad)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    }
    undo();
  });
});
