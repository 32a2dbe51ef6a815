/**
 * Formatting values as console text.
 * @module
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatArguments, inspectValue } from './inspect-value.js';

describe('inspectValue', () => {
  it('formats values as developers write them', () => {
    class Point {
      x = 1;
    }
    const shown: [unknown, string][] = [
      [1, '1'],
      [-0, '-0'],
      ["it's\n", "'it\\'s\\n'"],
      [10n, '10n'],
      [Symbol('s'), 'Symbol(s)'],
      [null, 'null'],
      [undefined, 'undefined'],
      [[], '[]'],
      [[1, , [2]], '[ 1, <empty>, [ 2 ] ]'],
      [{}, '{}'],
      [{ a: 1, 'b c': { d: [] } }, "{ a: 1, 'b c': { d: [] } }"],
      [new Point(), 'Point { x: 1 }'],
      [Object.create(null), '[null prototype] {}'],
      [new Map([['a', 1]]), "Map(1) { 'a' => 1 }"],
      [new Set([1]), 'Set(1) { 1 }'],
      [new Date(0), '1970-01-01T00:00:00.000Z'],
      [new Date(NaN), 'Invalid Date'],
      [/x/g, '/x/g'],
      [new Uint8Array([1, 2]), 'Uint8Array(2) [ 1, 2 ]'],
      [new ArrayBuffer(3), 'ArrayBuffer { byteLength: 3 }'],
      [function named() {}, '[Function named]'],
      [{ get a() { return 1; } }, '{ a: [Getter] }'], // prettier-ignore
      [[[[[[1]]]]], '[ [ [ [ [Array] ] ] ] ]'],
    ];
    expect(shown.map(([value]) => inspectValue(value))).toEqual(shown.map(([, text]) => text));
  });

  it('has bounded output and never throws', () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withMap: true, withSet: true, withTypedArray: true }),
        (value) => {
          expect(inspectValue(value).length).toBeLessThan(200_000);
        },
      ),
    );
    const wide = Array.from({ length: 500 }, (_, i) => i);
    expect(inspectValue(wide)).toMatch(/99, … 400 more \]$/);
  });
});

describe('formatArguments', () => {
  it('supports the usual directives', () => {
    expect(
      formatArguments(['%s|%d|%i|%f|%j|%o|%%|%c.', 'a', '1.5', 2.9, '3.25x', { a: 1 }, [1], 'css', 'more']),
    ).toBe('a|1.5|2|3.25|{ a: 1 }|[ 1 ]|%|. more');
    expect(formatArguments(['100%'])).toBe('100%');
    expect(formatArguments(['%s %s', 1])).toBe('1 %s');
    expect(formatArguments(['%d', Symbol('x')])).toBe('NaN');
    expect(formatArguments([])).toBe('');
    expect(formatArguments([{ a: 1 }, 'b', undefined])).toBe('{ a: 1 } b undefined');
  });

  it('has bounded output', () => {
    expect(formatArguments(['x'.repeat(1e6)]).length).toBe(16_384);
    expect(formatArguments(Array.from({ length: 1e5 }, () => 'yy')).length).toBeLessThanOrEqual(16_384);
  });
});
