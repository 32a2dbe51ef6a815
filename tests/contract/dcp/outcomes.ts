/**
 * Checks of the tables "Events" and "Results".
 * @module
 */
import { expect } from 'vitest';
import { addSlices, attach, computeFor, fetchResults } from 'manyhands';
import 'manyhands/work';
import { codeOf, expectAbsent, type Checks } from './rows.js';

const double = (n: number): number => 2 * n;
const refuseNegative = (n: number): number => {
  if (n < 0) throw new RangeError('negative');
  return n;
};

/** The payloads of one event of a job that runs to its end. */
async function payloads(name: 'accepted' | 'complete' | 'readystatechange' | 'result' | 'status') {
  const job = computeFor([1, 2], double);
  const seen: unknown[] = [];
  job.on(name, (event: unknown) => void seen.push(event));
  await job.exec();
  return { job, seen };
}

export const EVENTS: Checks = {
  '`readystatechange`': async () => {
    const { seen } = await payloads('readystatechange');
    expect(seen).toEqual(['exec', 'init', 'preauth', 'deploying', 'uploading', 'deployed']);
  },
  '`accepted`': async () => {
    const { job, seen } = await payloads('accepted');
    expect(seen).toEqual([{ id: job.id, job }]);
  },
  '`status`': async () => {
    const { seen } = await payloads('status');
    expect(seen.at(-1)).toMatchObject({ runStatus: 'finished', total: 2, distributed: 2, computed: 2 });
  },
  '`result`': async () => {
    const { job, seen } = await payloads('result');
    const one = { sliceNumber: 1, result: 2, job };
    expect(seen).toHaveLength(2);
    expect(seen).toEqual(expect.arrayContaining([one, { sliceNumber: 2, result: 4, job }]));
  },
  '`resultsUpdated`': async () => {
    const job = computeFor([1, -1], refuseNegative);
    const updated: number[] = [];
    job.on('resultsUpdated', ({ sliceNumber }) => updated.push(sliceNumber));
    expect(await codeOf(() => job.exec())).toBe('SLICES_FAILED');
    expect(updated).toEqual([]);
    expect(await job.retry()).toBe(1);
    expect(await codeOf(() => job.wait())).toBe('SLICES_FAILED');
    expect(updated).toEqual([2]);
  },
  '`duplicate-result`': async () => {
    const job = computeFor([1], double);
    expect(await codeOf(() => job.on('duplicate-result' as 'result', () => undefined))).toBe(
      'INVALID_ARGUMENT',
    );
  },
  '`complete`': async () => {
    const { job, seen } = await payloads('complete');
    expect(seen).toEqual([job.results]);
  },
  '`console`': async () => {
    const job = computeFor([1], () => {
      for (let i = 0; i < 3; i++) console.log('again');
    });
    const same: unknown[] = [];
    job.on('console', (event) => same.push([event.message, event.attempt, event.same]));
    await job.exec();
    expect(same.at(-1)).toEqual([expect.anything(), 1, expect.any(Number)]);
  },
  '`error`': async () => {
    const job = computeFor([-1, 1], refuseNegative);
    const errors: unknown[] = [];
    job.on('error', ({ sliceNumber, error }) => void errors.push([sliceNumber, error.message]));
    expect(await codeOf(() => job.exec())).toBe('SLICES_FAILED');
    expect(errors).toEqual([[1, 'negative']]);
  },
  '`noProgress`, `ENOPROGRESS`': async () => {
    const job = computeFor([1, 2], async (n: number) => {
      if (n === 1) await new Promise(() => undefined);
      return n;
    });
    job.limits = { noProgressMs: 100, attempts: 1 };
    expect(await codeOf(() => job.exec())).toBe('SLICES_FAILED');
    expect(job.results.failures[0]?.error).toMatchObject({ code: 'NO_PROGRESS' });
  },
  '`cancel`': async () => {
    const job = computeFor([1], double);
    const reasons: unknown[] = [];
    job.on('cancel', ({ reason, code, runStatus }) => void reasons.push([reason, code, runStatus]));
    await job.cancel('enough');
    expect(reasons).toEqual([['enough', 'JOB_CANCELLED', 'cancelled']]);
  },
  '`stop`, `stopped`': async () => {
    const job = computeFor([1], double);
    expect(await codeOf(() => job.on('stop' as 'result', () => undefined))).toBe('INVALID_ARGUMENT');
  },
  '`nofunds`, `ENOFUNDS`': async () => {
    const job = computeFor([1], double);
    let reported = 0;
    job.on('nofunds', () => void reported++);
    expect(await codeOf(() => job.exec(1))).toBe('OFFER_UNDERFUNDED');
    expect(reported).toBe(1);
  },
  '`ESLICETOOSLOW`, `ETOOMANYERRORS`, `EWORKTOOBIG` …': async () => {
    const failing = computeFor({ start: 1, end: 100 }, '() => { throw new Error("always") }');
    expect(await codeOf(() => failing.exec())).toBe('JOB_CANCELLED');
  },
  '`job.work.on(name, …)`, `work.emit`': async () => {
    const job = computeFor([1], () => work.emit('best', { x: 1n }));
    const seen: unknown[] = [];
    job.work.on('best', ({ data, sliceNumber }) => void seen.push([data, sliceNumber]));
    await job.exec();
    expect(seen).toEqual([[{ x: 1n }, 1]]);
  },
};

export const RESULTS: Checks = {
  '`results[i]` of a missing result': async () => {
    const job = computeFor([-1, 5], refuseNegative);
    expect(await codeOf(() => job.exec())).toBe('SLICES_FAILED');
    expect([job.results[0], job.results[1], job.results.isAvailable(0)]).toEqual([undefined, 5, false]);
  },
  'array methods of `ResultHandle`': async () => {
    const results = await computeFor([1, 2], double).exec();
    expect(Array.isArray(results)).toBe(true);
    expect(results.map((x) => x).constructor).toBe(Array);
    results[0] = 7;
    expect([...results]).toEqual([7, 4]);
  },
  '`results.key`, `list`, `reset`, `fromEntries`': () => {
    expectAbsent(computeFor([1], double).results, 'key', 'list', 'reset', 'fromEntries');
  },
  '`results.lookupValue(input)`': async () => {
    const datum = { n: 4 };
    const results = await computeFor([datum], ({ n }: { n: number }) => n).exec();
    expect(results.lookupValue(datum)).toBe(4);
    expect(await codeOf(() => results.lookupValue({ n: 4 }))).toBe('INVALID_ARGUMENT');
  },
  '`results.fetch(range)`': async () => {
    const job = computeFor([1, 2], double);
    await job.exec();
    expect(await job.results.fetch([2, 2])).toEqual([{ slice: 2, value: 4 }]);
  },
  '`fetchResults(id, range)`': async () => {
    const job = computeFor([1, 2], double);
    job.autoClose = false;
    const id = await job.deploy();
    expect(await fetchResults(id, [50, 60])).toEqual([]);
    await job.close();
    await job.wait();
    expect(await fetchResults(id)).toEqual([
      { slice: 1, value: 2 },
      { slice: 2, value: 4 },
    ]);
  },
  '`addSlices(data, id)`, `job.addSlices`': async () => {
    const job = computeFor([1], double);
    job.autoClose = false;
    const id = await job.deploy();
    await job.addSlices(new Set([2]));
    expect(await addSlices({ start: 3, end: 4 }, id)).toMatchObject({ success: true, lastSliceNumber: 4 });
    await job.close();
    expect([...(await job.wait())]).toEqual([2, 4, 6, 8]);
  },
  'an exception is a result': async () => {
    const job = computeFor([-1, 1], refuseNegative);
    expect(await codeOf(() => job.exec())).toBe('SLICES_FAILED');
    expect(job.results.failures[0]?.error).toMatchObject({ name: 'RangeError', message: 'negative' });
  },
  'no handle for a job that is deployed': async () => {
    const job = await attach<number>(await computeFor([1], double).deploy());
    expect([...(await job.wait())]).toEqual([2]);
  },
  'results only at the end or by event': async () => {
    const job = computeFor([1, 2], double);
    const seen: unknown[] = [];
    for await (const { sliceNumber, result } of job.asCompleted()) seen.push([sliceNumber, result]);
    expect(seen).toHaveLength(2);
    const ordered: number[] = [];
    for await (const result of job.results.stream()) ordered.push(result);
    expect(ordered).toEqual([2, 4]);
  },
};
