import { describe, expect, it } from 'vitest';
import { ERROR_TEXT_LENGTH_MAX } from '../limits.js';
import { boundedInfo } from './error-info.js';

/** So many maps, one in another. */
function nested(maps: number): object {
  return maps === 1 ? {} : { inner: nested(maps - 1) };
}

describe("the copy of an error's info", () => {
  it('has its plain values', () => {
    const info = { a: true, b: 1.5, c: 'text', d: null, e: [1, [2]], f: { g: new Uint8Array([1, 2]) } };
    expect(boundedInfo(info)).toEqual(info);
  });

  it('has no functions, symbols or instances of classes, not even in lists', () => {
    const unfit = [(): number => 1, Symbol('s'), undefined, new Date(0), new Map()];
    expect(boundedInfo({ ...unfit, list: [...unfit, 1] })).toEqual({ list: [1] });
  });

  it('has maps without a prototype', () => {
    expect(boundedInfo({ map: Object.assign(Object.create(null) as object, { a: 1 }) })).toEqual({
      map: { a: 1 },
    });
  });

  it('has integers of 64 bits, with or without a sign, and no larger ones', () => {
    const [least, most] = [-(2n ** 63n), 2n ** 64n - 1n];
    expect(boundedInfo({ least, most })).toEqual({ least, most });
    expect(boundedInfo({ less: least - 1n, more: most + 1n })).toEqual({});
  });

  it('has 8 maps one in another, and none in the last of them', () => {
    expect(boundedInfo(nested(8))).toEqual(nested(8));
    expect(boundedInfo(nested(9))).toEqual(nested(8));
  });

  it('has the beginning of long texts and bytes, as copies', () => {
    const bytes = new Uint8Array(ERROR_TEXT_LENGTH_MAX + 1).fill(7);
    const info = boundedInfo({ bytes, text: 'x'.repeat(ERROR_TEXT_LENGTH_MAX + 1) });
    expect(info['bytes']).toEqual(bytes.slice(1));
    expect(info['text']).toHaveLength(ERROR_TEXT_LENGTH_MAX);
    bytes.fill(0);
    expect(info['bytes']).toContain(7);
  });

  it('has the first 1,024 entries of lists and maps, and no prototype as an entry', () => {
    const list = Array.from({ length: 1_025 }, (_, i) => i);
    const info = boundedInfo({ list, map: { ...list } });
    expect(info['list']).toHaveLength(1_024);
    expect(Object.keys(info['map'] as object)).toHaveLength(1_024);
    const poisoned = boundedInfo(JSON.parse('{"__proto__":{"x":1}}') as object);
    expect(Object.keys(poisoned)).toEqual([]);
    expect('x' in poisoned).toBe(false);
  });
});
