import { expect, it } from 'vitest';
import { toJson } from './to-json.js';

it.each<[string, unknown, string]>([
  ['a plain value', { a: [1, 'b', null, true] }, '{"a":[1,"b",null,true]}'],
  ['a big integer', { n: 2n ** 70n }, '{"n":"1180591620717411303424"}'],
  ['numbers that JSON has not', [NaN, Infinity, -Infinity, -0], '["NaN","Infinity","-Infinity",0]'],
  ['nothing', undefined, 'null'],
  ['what is undefined', { a: undefined, b: [undefined] }, '{"b":[null]}'],
  ['holes', [1, , 3], '[1,null,3]'],
  ['a typed array', new Float32Array([0.5, NaN]), '[0.5,"NaN"]'],
  ['a typed array of big integers', new BigInt64Array([-1n]), '["-1"]'],
  ['a buffer', new Uint8Array([1, 2]).buffer, '[1,2]'],
  ['a view', new DataView(new Uint8Array([1, 2, 3]).buffer, 1), '[2,3]'],
  ['a map', new Map<unknown, unknown>([['a', 1n]]), '[["a","1"]]'],
  ['a set', new Set([new Date(0)]), '["1970-01-01T00:00:00.000Z"]'],
  ['a date that is none', new Date(NaN), 'null'],
  ['an error', new RangeError('far'), '{"name":"RangeError","message":"far"}'],
  ['a pattern', /a\/b/g, '"/a\\\\/b/g"'],
  ['a boxed value', Object(1n), '"1"'],
])('%s', (_what, value, text) => {
  expect(toJson(value)).toBe(text);
});

it('toJson marks a cycle, and repeats a value that occurs twice', () => {
  const shared = { a: 1 };
  const value: Record<string, unknown> = { shared, again: shared };
  value.self = [value];
  expect(toJson(value)).toBe('{"shared":{"a":1},"again":{"a":1},"self":["[cycle]"]}');
});

it('toJson escapes control characters, and parses back to the same value', () => {
  const evil = { 'a\u009b': 'b\u001b[2J\u009b31m\u2028\u202e\u0085' };
  const text = toJson(evil);
  expect(text).not.toMatch(/[\p{Cc}\u2028\u202e]/u);
  expect(JSON.parse(text)).toEqual(evil);
});
