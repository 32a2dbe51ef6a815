/**
 * The types of `computeFor`: compiling this file is the test.
 * @module
 */
import { expectTypeOf } from 'vitest';
import {
  compute,
  computeFor,
  map,
  MultiRangeObject,
  RangeObject,
  SparseRangeObject,
  stats,
  type FetchedResult,
  type Job,
  type RangeBounds,
  type RemoteDataSet,
  type ResultItem,
} from './deployer.node.js';

// The result is what the work function returns, awaited.
expectTypeOf(computeFor([1, 2, 3], (x: number, k: number) => `${x * k}`, [2])).toEqualTypeOf<Job<string>>();
expectTypeOf(computeFor([1], async (x: number) => [x])).toEqualTypeOf<Job<number[]>>();
expectTypeOf(computeFor(['a'], (s: string) => s.length).exec()).resolves.items.toEqualTypeOf<number>();

// The datum's type comes from the data.
expectTypeOf(computeFor(['a', 'b'], (s) => s.toUpperCase())).toEqualTypeOf<Job<string>>();
expectTypeOf(computeFor(new Set([1]), (n) => n + 1)).toEqualTypeOf<Job<number>>();
expectTypeOf(computeFor([1].values(), (n) => n + 1)).toEqualTypeOf<Job<number>>();
declare const stream: AsyncIterable<Uint8Array>;
expectTypeOf(computeFor(stream, (bytes) => bytes.length)).toEqualTypeOf<Job<number>>();
// @ts-expect-error the work function takes a string, but the data are numbers
computeFor([1], (s: string) => s);

// A range has numbers as data; a grouped range has arrays of numbers.
expectTypeOf(computeFor({ start: 1, end: 5 }, (n) => n * 2)).toEqualTypeOf<Job<number>>();
expectTypeOf(computeFor(new RangeObject(1, 5), (n) => n * 2)).toEqualTypeOf<Job<number>>();
expectTypeOf(computeFor({ start: 1, end: 5, group: 2 }, (n: number[]) => n.length)).toEqualTypeOf<
  Job<number>
>();
expectTypeOf(computeFor({ start: 1, end: 5, group: 3 }, (numbers) => numbers.map(String))).toEqualTypeOf<
  Job<string[]>
>();
expectTypeOf(computeFor(new RangeObject(1, 5, 1, 2), (numbers) => numbers.length)).toEqualTypeOf<
  Job<number>
>();
expectTypeOf(computeFor(new RangeObject({ start: 1, end: 5, group: 2 }), (n) => n.map(String))).toEqualTypeOf<
  Job<string[]>
>();
// @ts-expect-error a grouped range has arrays as data
computeFor({ start: 1, end: 5, group: 2 }, (n: number) => n * 2);
// @ts-expect-error a grouped range has arrays as data
computeFor(new RangeObject(1, 5, 1, 2), (n: number) => n * 2);
// @ts-expect-error a range that is not grouped has numbers as data
computeFor({ start: 1, end: 5 }, (n: number[]) => n.length);
// @ts-expect-error a range that is not grouped has numbers as data
computeFor(new RangeObject({ start: 1, end: 5 }), (n: number[]) => n.length);

// Combinations of ranges have tuples as data.
expectTypeOf(
  computeFor(
    {
      ranges: [
        { start: 1, end: 2 },
        { start: 1, end: 9, group: 3 },
      ],
    },
    ([a, b]) => [a + 1, b.length],
  ),
).toEqualTypeOf<Job<number[]>>();
computeFor({ ranges: [{ start: 1, end: 2 }, stats.set.random(3)] }, (pair) => {
  expectTypeOf(pair).toEqualTypeOf<[number, number]>();
});
const grid = new MultiRangeObject(
  { start: 1, end: 2 },
  new RangeObject(1, 9, 1, 3),
  new SparseRangeObject({ start: 1, end: 2 }),
);
computeFor(grid, (triple) => {
  expectTypeOf(triple).toEqualTypeOf<[number, number[], number]>();
});
expectTypeOf(grid.nthValue(0)).toEqualTypeOf<[number, number[], number]>();
expectTypeOf(new MultiRangeObject([{ start: 1, end: 2 }]).toArray()).toEqualTypeOf<[number][]>();
const pairs = {
  ranges: [
    { start: 1, end: 2 },
    { start: 1, end: 2 },
  ],
} as const;
// @ts-expect-error a datum is one array, not several arguments
computeFor(pairs, (a: number, b: number) => a + b);

// Ranges one after another have numbers, or arrays of them.
expectTypeOf(
  computeFor(
    {
      sparse: [
        { start: 1, end: 2 },
        { start: 5, end: 9, step: 2 },
      ],
    },
    (n) => n + 1,
  ),
).toEqualTypeOf<Job<number>>();
expectTypeOf(computeFor({ sparse: [{ start: 1, end: 2, group: 2 }] }, (n) => n.length)).toEqualTypeOf<
  Job<number>
>();
expectTypeOf(computeFor(stats.set.normalRNG(9), (n) => n.toFixed())).toEqualTypeOf<Job<string>>();

// If the type of the data allows several forms, the work function must accept all of them.
declare const bounds: RangeBounds;
declare const anyRange: RangeObject<number | undefined>;
declare const unknowns: unknown[];
declare const mixed: (number | number[])[];
expectTypeOf(computeFor(bounds, (n) => [n].flat().length)).toEqualTypeOf<Job<number>>();
expectTypeOf(computeFor(anyRange, (n) => [n].flat().length)).toEqualTypeOf<Job<number>>();
// @ts-expect-error the range may be grouped
computeFor(bounds, (n: number) => n * 2);
// @ts-expect-error the range may be grouped
computeFor(anyRange, (n: number) => n * 2);
// @ts-expect-error the elements are unknown
computeFor(unknowns, (n: number) => n * 2);
// @ts-expect-error some elements are arrays
computeFor(mixed, (n: number) => n * 2);
// @ts-expect-error this is no accepted form of input
computeFor({ from: 1, to: 5 }, (n: number) => n * 2);
// @ts-expect-error a range has no such field
computeFor({ start: 1, end: 5, stepp: 2 }, (n: number) => n * 2);

expectTypeOf(computeFor(10, (n) => n > 5)).toEqualTypeOf<Job<boolean>>();
expectTypeOf(compute.for(1, 10, (n) => String(n))).toEqualTypeOf<Job<string>>();
expectTypeOf(compute.for(1, 10, 2, (n, label: string) => `${label}${n}`, ['x'])).toEqualTypeOf<Job<string>>();
expectTypeOf(compute.do(3, (n) => n)).toEqualTypeOf<Job<number>>();
expectTypeOf(compute.do(() => 'done')).toEqualTypeOf<Job<string>>();

// The arguments are the rest of the parameters.
// @ts-expect-error an argument is missing
computeFor([1], (x: number, k: number) => x * k);
// @ts-expect-error the argument has another type
computeFor([1], (x: number, k: number) => x * k, ['2']);
// @ts-expect-error there is one argument too many
computeFor([1], (x: number, k: number) => x * k, [2, 3]);
computeFor([1], (x: number, k?: number) => x * (k ?? 1));
computeFor([1], (x: number, k: number) => x * k, [2] as const);

// The content of a URL has the type of the work function's parameter.
declare const set: RemoteDataSet;
expectTypeOf(computeFor(set, ({ n }: { n: number }) => n)).toEqualTypeOf<Job<number>>();
expectTypeOf(computeFor([new URL('https://a.example/')], (text: string) => text)).toEqualTypeOf<
  Job<string>
>();
expectTypeOf(
  computeFor({ pattern: 'https://a.example/{slice}', sliceCount: 3 }, (bytes: Uint8Array) => bytes.length),
).toEqualTypeOf<Job<number>>();

// Source text has no types; the caller may give the result type.
expectTypeOf(computeFor([1], '(x) => x')).toEqualTypeOf<Job>();
expectTypeOf(computeFor<number>([1], '(x) => x', [])).toEqualTypeOf<Job<number>>();
expectTypeOf(computeFor([1], new URL('file:///work.py'))).toEqualTypeOf<Job>();
expectTypeOf(computeFor<bigint>([1], new Uint8Array(8))).toEqualTypeOf<Job<bigint>>();

// Known worktimes are typed by name; any other name is accepted too.
declare const job: Job;
job.worktime = 'wasm';
job.worktime = 'of-tomorrow';
// @ts-expect-error a worktime is a name
job.worktime = 5;
job.wasm = { export: 'mandelbrot', result: 'json' };
// @ts-expect-error there is no such result form
job.wasm = { result: 'xml' };
job.customWorktime = { name: 'lisp', version: '1.0.0', source: new URL('file:///lisp.mjs') };
// @ts-expect-error the version is missing
job.customWorktime = { name: 'lisp', source: '' };

// Events have the type of the result.
computeFor([1], (x) => `${x}`).on('result', ({ result, sliceNumber, job }) => {
  expectTypeOf(result).toEqualTypeOf<string>();
  expectTypeOf(sliceNumber).toEqualTypeOf<number>();
  expectTypeOf(job).toEqualTypeOf<Job<string>>();
});

// Event names are case-insensitive.
computeFor([1], (x) => `${x}`).on('Result', ({ result }) => expectTypeOf(result).toEqualTypeOf<string>());
computeFor([1], (x) => x).once('NOWORKERS', ({ waitedMs }) => expectTypeOf(waitedMs).toEqualTypeOf<number>());
// @ts-expect-error there is no such event, in any case
computeFor([1], (x) => x).on('Resutl', () => undefined);
// @ts-expect-error there is no such event
computeFor([1], (x) => x).on('resutl', () => undefined);

// The loops over results have the type of the result.
const lengths = computeFor(['a'], (s) => s.length);
for await (const item of lengths.asCompleted()) {
  expectTypeOf(item).toEqualTypeOf<ResultItem<number>>();
  const { sliceNumber, result, error } = item;
  expectTypeOf(sliceNumber).toEqualTypeOf<number>();
  if (error === undefined) expectTypeOf(result).toEqualTypeOf<number>();
  else expectTypeOf(error).toEqualTypeOf<Error>();
}
for await (const result of lengths.results.stream({ start: 3 })) expectTypeOf(result).toEqualTypeOf<number>();
for await (const item of lengths.results.stream({ failed: 'include' }))
  expectTypeOf(item).toEqualTypeOf<ResultItem<number>>();
// @ts-expect-error there is no such form
lengths.results.stream({ failed: 'ignore' });
expectTypeOf(lengths.results.fetch([1, 2])).resolves.toEqualTypeOf<FetchedResult<number>[]>();
expectTypeOf(lengths.results.lookupValue('a')).toEqualTypeOf<number>();
expectTypeOf(lengths.results.lookup('a')).resolves.toEqualTypeOf<number>();

// map has the result's type, as a promise and in a loop.
expectTypeOf(map(['a'], (s) => s.length)).resolves.toEqualTypeOf<number[]>();
expectTypeOf(map([1], (x, unit: string) => `${x}${unit}`, ['m'], { env: { A: '1' } })).resolves.toEqualTypeOf<
  string[]
>();
for await (const result of map({ start: 1, end: 3 }, (n) => n > 1))
  expectTypeOf(result).toEqualTypeOf<boolean>();
// @ts-expect-error there is no such option
void map([1], (x) => x, [], { sliceTimeout: 5 });
expectTypeOf(lengths.until((length, slice) => length > slice)).resolves.toEqualTypeOf<number | undefined>();
lengths.console = false;
lengths.removeAllListeners('result').removeAllListeners();

// Listeners may be async and limited; an input goes on from its source.
lengths.on('result', async ({ result }) => Promise.resolve(expectTypeOf(result).toEqualTypeOf<number>()), {
  concurrency: 2,
});
// @ts-expect-error there is no such option
lengths.on('result', () => undefined, { concurrent: 2 });
expectTypeOf(lengths.resumeInput((from: number) => ['a'].slice(from), { close: false }))
  .resolves.toHaveProperty('count')
  .toEqualTypeOf<number>();

// Files are read as bytes, as data and as arguments; arguments may be addresses.
declare const files: File[];
declare const anything: Iterable<ReturnType<typeof JSON.parse>>;
computeFor(files, (bytes) => bytes.byteLength) satisfies Job<number>;
computeFor(new Set(files), (bytes, key: string) => bytes.toString() + key, ['k']) satisfies Job<string>;
computeFor(anything, (each: string) => each.length) satisfies Job<number>;
computeFor([], (each: string) => each.length) satisfies Job<number>;
declare const remote: RemoteDataSet;
computeFor([1], (n, text: string, bytes: Uint8Array) => n + text.length + bytes.length, [
  new URL('https://data.example/a'),
  files[0]!,
]) satisfies Job<number>;
computeFor([1], (n, text: string) => n + text.length, remote) satisfies Job<number>;
// @ts-expect-error the argument is a text
computeFor([1], (n, text: string) => n + text.length, [2]);
function wrapped<T>(items: T[], work: (item: T) => number): Job<number> {
  return computeFor(items, work);
}
void wrapped;
