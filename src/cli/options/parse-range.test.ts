import { expect, it } from 'vitest';
import { parseRange } from './parse-range.js';

it.each<[string, [number, number]]>([
  ['1-100', [1, 100]],
  ['7', [7, 7]],
  [' 7-7 ', [7, 7]],
])('%s', (text, range) => {
  expect(parseRange(text)).toEqual(range);
});

it.each(['', '0', '0-3', '9-1', '1-', '-3', '1-2-3', 'a-b', '1.5-2', '1..3', '1-99999999999999999999'])(
  'the parser of ranges refuses "%s"',
  (text) => {
    expect(() => parseRange(text)).toThrow(
      'It must be slice numbers of at least 1, the smaller one first, like 7 or 1-100.',
    );
  },
);
