/**
 * Checks of the tables "Calls and input" and "In the work function".
 * @module
 */
import { Readable } from 'node:stream';
import { expect } from 'vitest';
import {
  compute,
  computeFor,
  MultiRangeObject,
  RangeObject,
  RemoteDataPattern,
  RemoteDataSet,
  SparseRangeObject,
  stats,
  type Job,
} from 'manyhands';
import 'manyhands/work';
import { codeOf, type Checks } from './rows.js';

async function list<T>(job: Job<T>): Promise<T[]> {
  return [...(await job.exec())];
}

export const CALLS: Checks = {
  "`require('dcp-client').init(…)`": async () => {
    expect(await list(computeFor([1], (x: number) => x))).toEqual([1]);
  },
  '`compute.for(start, end, step, work, args)`': async () => {
    const work = (n: number, more: number): number => n + more;
    expect(await list(compute.for(1, 5, 2, work, [10]))).toEqual([11, 13, 15]);
    expect(await codeOf(() => compute.for(3, 1, (n: number) => n))).toBe('INVALID_ARGUMENT');
  },
  '`compute.for({ start, end, step, group }, …)`': async () => {
    const work = (group: number[]): number[] => group;
    expect(await list(compute.for({ start: 1, end: 2, group: 1 }, work))).toEqual([[1], [2]]);
  },
  '`new RangeObject(start, end, step, group)`': async () => {
    expect(new RangeObject(1, 6, 2).last).toBe(5);
    expect(await codeOf(() => new RangeObject(1, 6, -1))).toBe('INVALID_ARGUMENT');
  },
  '`{ ranges: […] }`, `MultiRangeObject`': async () => {
    const grid = new MultiRangeObject({ start: 1, end: 2 }, { start: 5, end: 6 });
    expect(await list(computeFor(grid, (...all: unknown[]) => all.length))).toEqual([1, 1, 1, 1]);
    expect(grid.nthValue(1)).toEqual([1, 6]);
  },
  '`{ sparse: […] }`, `SparseRangeObject`': () => {
    const parts = new SparseRangeObject({ start: 1, end: 1e12 }, { start: -2, end: -1 });
    expect(parts.nthValue(1e12)).toBe(-2);
  },
  '`stats.set.random(n, min, max)` …': async () => {
    const numbers = stats.set.random(3, 5, 6);
    expect(await list(computeFor(numbers, (x: number) => x))).toEqual(numbers.toArray());
  },
  '`compute.for(iterable, …)`': async () => {
    function* endless(): Generator<number> {
      for (let n = 1; ; n++) yield n;
    }
    expect(await computeFor(endless(), (n: number) => n).until((n) => n === 3)).toBe(3);
  },
  'no async iterables, no streams': async () => {
    expect(await list(computeFor(Readable.from(['a', 'b']), (text: string) => text))).toEqual(['a', 'b']);
  },
  '`compute.do(n, work)`, `compute.do(work)`': async () => {
    expect(await list(compute.do(2, (n: number) => n))).toEqual([0, 1]);
    expect(await list(compute.do(() => 'once'))).toEqual(['once']);
    expect(await list(computeFor(2, (n: number) => n))).toEqual([0, 1]);
  },
  '`RemoteDataSet`, `RemoteDataPattern`, lists of `URL`': async () => {
    expect(new RemoteDataPattern('https://data.example/{slice}', 2).at(0)).toBe('https://data.example/1');
    const data = new RemoteDataSet('data:,one');
    expect(await list(computeFor(data, (text: string) => text))).toEqual(['one']);
    expect(await list(computeFor([new URL('data:,two')], (text: string) => text))).toEqual(['two']);
  },
  'a work function as function, text or `URL`': async () => {
    expect(await list(computeFor([2], '(x) => x * x'))).toEqual([4]);
    const module = new URL('data:text/javascript,export default (x) => -x');
    expect(await list(computeFor([2], module))).toEqual([-2]);
    expect(await codeOf(() => computeFor([2], '(x) => x * outside').exec())).toBe('WORK_FUNCTION_INVALID');
  },
  '`args`': async () => {
    const work = (x: number, text: unknown): unknown => text;
    expect(await list(computeFor([1], work, ['more']))).toEqual(['more']);
    const remote = new RemoteDataSet('data:text/plain,one');
    expect(await list(computeFor([1], work, remote))).toEqual(['one']);
    expect(await list(computeFor([1], work, [new URL('data:text/plain,two')]))).toEqual(['two']);
  },
  "`job.requires('module')`": async () => {
    const job = computeFor(['2020-02-03'], (day: string) =>
      work.require<(day: string) => { year(): number }>('dayjs')(day).year(),
    );
    expect(await list(job.requires('dayjs'))).toEqual([2020]);
  },
  '`require` in a work function': async () => {
    const job = computeFor([5], '(n) => require("lib")(n)');
    expect(await codeOf(() => job.exec())).toBe('WORK_FUNCTION_INVALID');
  },
  '`progress()` at least once': async () => {
    expect(await list(computeFor([1], () => progress(0.5)))).toEqual([true]);
    expect(await list(computeFor([1], () => 'no report'))).toEqual(['no report']);
  },
  '`console`': async () => {
    const job = computeFor([1], () => {
      for (const level of ['debug', 'info', 'log', 'warn', 'error'] as const) console[level](level);
    });
    const levels: string[] = [];
    job.on('console', ({ level }) => levels.push(level));
    await job.exec();
    expect(levels).toEqual(['debug', 'info', 'log', 'warn', 'error']);
  },
  '`work.reject(reason, retries)`': async () => {
    const job = computeFor([1, 2], (n: number) => (n === 1 ? work.reject('not here') : n));
    expect(await codeOf(() => job.exec())).toBe('SLICES_FAILED');
    expect(job.results.failures[0]?.error).toMatchObject({ code: 'WORK_REJECTED' });
  },
  '`work.job.public`': async () => {
    const job = computeFor([1], () => work.job.public.name);
    job.public = { name: 'a survey', description: null, link: null };
    expect(await list(job)).toEqual(['a survey']);
  },
  '`fetch`, DOM, `importScripts`': async () => {
    const job = computeFor([1], '() => fetch("https://data.example")');
    expect(await codeOf(() => job.exec())).toBe('WORK_FUNCTION_INVALID');
  },
};
