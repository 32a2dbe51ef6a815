import { describe, expect, it } from 'vitest';
import { RangeObject } from '../../protocol/input/input-sets.js';
import { RemoteDataPattern, RemoteDataSet } from '../../protocol/input/remote-sets.js';
import { parseDo, parseFor } from './forms.js';

const work = (x: number): number => x;
const refusal = (call: unknown[], parse = parseFor): unknown => {
  try {
    parse(call);
  } catch (error) {
    return error;
  }
  throw new Error('was taken');
};

describe('call forms', () => {
  it('accept the forms of compute.for', () => {
    const range = (start: number, count: number, step = 1): object => ({ kind: 'range', start, step, count });
    expect(parseFor([1, 10, work]).input).toEqual({ kind: 'described', parts: [range(1, 10)], slices: 10 });
    expect(parseFor([10, 1, -1, work]).input).toMatchObject({ parts: [range(10, 10, -1)] });
    expect(parseFor([0, 10, 3, work, [1]]).input).toMatchObject({ parts: [range(0, 4, 3)] });
    expect(parseFor([new RangeObject(1, 4), work]).input).toMatchObject({ parts: [range(1, 4)] });
    expect(parseFor([{ start: 1, end: 4, step: 1, group: 2 }, work]).input).toMatchObject({
      slices: 2,
      parts: [{ group: 2 }],
    });
    expect(parseFor([5, work]).input).toMatchObject({ parts: [range(0, 5)], slices: 5 });
    expect(parseFor([0, work]).input).toMatchObject({ kind: 'values', slices: 0 });
  });

  it('accept a set of addresses as arguments, and reject a pattern', () => {
    const url = 'https://data.example/1';
    const set = new RemoteDataSet(url);
    expect(parseFor([[1], work, set]).args).toEqual([set]);
    expect(refusal([[1], work, new RemoteDataPattern('https://data.example/{slice}', 3)])).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('args is a RemoteDataPattern') as string,
    });
    expect(parseFor([new RemoteDataSet(url), work]).input).toMatchObject({ slices: 1 });
  });

  it('accept iterables, with the number of slices if it is known', () => {
    expect(parseFor([[1, 2], work]).input).toMatchObject({ kind: 'values', slices: 2 });
    expect(parseFor([new Set([1]), work]).input).toMatchObject({ slices: 1 });
    expect(parseFor([new Float32Array(3), work]).input).toMatchObject({ slices: 3 });
    expect(parseFor([[1].values(), work]).input).toMatchObject({ kind: 'values', slices: undefined });
    const stream = (async function* () {
      yield 1;
    })();
    expect(parseFor([stream, work]).input).toMatchObject({ kind: 'stream' });
  });

  it('find the work function from the end, with and without arguments', () => {
    expect(parseFor([[1], work, [2, 'x']]).args).toEqual([2, 'x']);
    expect(parseFor([[1], work, undefined]).args).toEqual([]);
    expect(parseFor([[1], '(x) => x', ['(y) => y']])).toMatchObject({
      work: { kind: 'text', text: '(x) => x' },
      args: ['(y) => y'],
    });
    expect(parseFor([[1], new URL('file:///work.js')]).work).toMatchObject({ kind: 'url' });
    expect(parseFor([[1], work, { length: 1, 0: 'a' }]).args).toEqual(['a']);
  });

  it('accept the forms of compute.do', () => {
    expect(parseDo([work]).input).toMatchObject({ slices: 1, parts: [{ start: 0 }] });
    expect(parseDo([3, work, ['a']])).toMatchObject({ input: { slices: 3 }, args: ['a'] });
    expect(refusal([[1], work], parseDo)).toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it.each([
    [[]],
    [[[1]]],
    [[work]],
    [[[1], work, 5]],
    [[[1], work, { a: 1 }]],
    [[[1], work, 'k']],
    [[1, 2, 3, 4, work]],
    [['1', 2, work]],
    [['text', work]],
    [[null, work]],
    [[{}, work]],
    [[Promise.resolve([1]), work]],
    [[function* () {}, work]],
    [[-1, work]],
    [[1.5, work]],
    [[{ start: 0, end: NaN }, work]],
    [[{ start: 0, end: 5, step: -1 }, work]],
    [[{ start: 0, end: -1 }, work]],
    [[10, 1, work]],
  ])('reject %j', (call: unknown[]) => {
    expect(refusal(call)).toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('list the accepted forms in the error', () => {
    expect(refusal([[1], work, 'k'])).toMatchObject({
      message: expect.stringContaining('computeFor(data, work'),
    });
    expect(refusal([function* () {}, work])).toMatchObject({
      message: expect.stringContaining('Call the generator'),
    });
    expect(refusal([Promise.resolve([1]), work])).toMatchObject({
      message: expect.stringContaining('Await it'),
    });
    expect(refusal(['text', work])).toMatchObject({ message: expect.stringContaining('[...text]') });
  });
});
