/**
 * What every sandbox reports to its supervisor, whatever the worktime: errors, console, progress and outcomes; and that job
 * code cannot disturb these reports.
 * @module
 */
import { describe, expect, it } from 'vitest';
import {
  CONSOLE_BYTES_PER_SLICE_MAX,
  ERROR_TEXT_LENGTH_MAX,
  PROGRESS_INTERVAL_MS,
  SEGMENT_BYTES_MAX,
} from '../../src/protocol/limits.js';
import { FLUSH_MS } from '../../src/worktimes/sandbox/outcome-writer.js';
import { segmentOf, type StartSandbox } from './worktime-fixture.js';

const BUSY = 'const busy = (ms) => { const end = performance.now() + ms; while (performance.now() < end); };';

/** `isPlatformInRealm`: functions of the platform are JavaScript in the realm of the job, and break when a job changes it. */
export function reportingSuite(start: StartSandbox, { isPlatformInRealm = false } = {}): void {
  describe('errors', () => errorTests(start));
  describe('console and progress', () => consoleTests(start));
  describe('outcomes', () => flushTests(start));
  describe('hostile job code', () => hostileTests(start, isPlatformInRealm));
}

function errorTests(start: StartSandbox): void {
  it('keep their type, message, code, cause and position', async () => {
    const sandbox = await start(`(kind) => {
  class OddError extends RangeError {}
  if (kind === 'odd') throw new OddError('how odd');
  if (kind === 'null') null.x;
  const cause = Object.assign(new URIError('deep'), { code: 'E_DEEP' });
  throw Object.assign(new Error('outer', { cause }), { code: 42 });
}`);
    const odd = await sandbox.failure('odd');
    expect(odd).toBeInstanceOf(RangeError);
    expect(odd).toMatchObject({ name: 'OddError', message: 'how odd' });
    expect(odd.stack).toMatch(/^OddError: how odd\n.*work-function\.js:3:\d+/);
    expect(await sandbox.failure('null')).toBeInstanceOf(TypeError);
    const outer = await sandbox.failure('');
    expect(outer).toMatchObject({ name: 'Error', message: 'outer', code: 42 });
    expect(outer.cause).toMatchObject({ name: 'URIError', message: 'deep', code: 'E_DEEP' });
    expect((outer.cause as Error).stack).toContain('work-function.js:5');
  });

  it('have the user’s columns in the first line of the source, and no frame of the harness', async () => {
    const source = "x => [x].map((y) => { throw new Error('at ' + y); })";
    const error = await (await start(source)).failure(1);
    expect(error.stack).toContain(`work-function.js:1:${source.indexOf('new Error') + 1}`);
    const frames = error.stack!.split('\n').slice(1);
    expect(frames.filter((line) => !/work-function\.js|<anonymous>|map/.test(line))).toEqual([]);
  });

  it('are also reported from a rejected promise', async () => {
    const sandbox = await start('async (x) => { await null; throw new SyntaxError(`late ${x}`); }');
    const error = await sandbox.failure(3);
    expect(error).toMatchObject({ name: 'SyntaxError', message: 'late 3' });
    expect(error.stack).toContain('work-function.js:1');
  });

  it('are created from any thrown value', async () => {
    const sandbox = await start(`(i) => {
      const getter = Object.defineProperty(new Error('x'), 'message', { get() { throw new Error('gotcha'); } });
      const proxy = new Proxy({}, { get() { throw 1; }, getPrototypeOf() { throw 2; } });
      const everything = ['text', null, undefined, 7, { a: 1 }, Symbol('s'), () => 1, Object.freeze(new Error('frozen')),
        getter, proxy, Object.assign(new Error('m'), { stack: 5, name: {} }), new AggregateError([new TypeError('in')], 'all'),
        10n, NaN, [1, 2], Object.create(null)];
      throw everything[i];
    }`);
    const outcomes = (await sandbox.run(Array.from({ length: 16 }, (_, i) => i))) as Error[];
    expect(outcomes.every((o) => o instanceof Error)).toBe(true);
    expect(outcomes[0]).toMatchObject({
      message: "The work function threw a string, which is no Error: 'text'",
      cause: 'text',
    });
    expect(outcomes[1]!.message).toContain('threw null');
    expect(outcomes[4]!.message).toContain('{ a: 1 }');
    expect(outcomes[7]!.message).toBe('frozen');
    expect(outcomes[11]).toMatchObject({ name: 'AggregateError', errors: [{ message: 'in' }] });
  });

  it('have bounded sizes', async () => {
    const sandbox = await start(`(x) => {
      const error = new Error('m'.repeat(1e6));
      error.name = 'n'.repeat(1e6);
      let deep = error;
      for (let i = 0; i < 100; i++) deep = new Error('level', { cause: deep });
      if (x === 1) throw deep;
      throw error;
    }`);
    const [long, deep] = (await sandbox.run([0, 1])) as [Error, Error];
    expect(long.message.length).toBeLessThanOrEqual(ERROR_TEXT_LENGTH_MAX);
    expect(long.name.length).toBeLessThanOrEqual(256);
    expect(long.stack!.length).toBeLessThanOrEqual(ERROR_TEXT_LENGTH_MAX);
    expect(deep.message).toBe('level');
    expect(sandbox.of('outcomes')[0]!.segment.byteLength).toBeLessThan(200_000);
  });

  it('report a stack overflow as such', async () => {
    const sandbox = await start('function f(x) { return f(x) + 1; }');
    expect(await sandbox.failure(1)).toBeInstanceOf(RangeError);
    expect(await sandbox.failure(1)).toMatchObject({
      message: expect.stringContaining('call stack') as string,
    });
  });
}

function consoleTests(start: StartSandbox): void {
  it('forward formatted console messages', async () => {
    const sandbox = await start(`(x) => {
      console.log('plain', 1, [1, { a: 'b' }], null);
      console.debug('%s is %d years and %i%%', 'Ann', '41.5', 99.9);
      console.info(new Map([[1, new Set([2])]]));
      console.warn(new TypeError('careful').message);
      console.error(-0, 10n, undefined, () => 1);
      console.table([1]); console.assert(false, 'no'); console.assert(true, 'yes');
    }`);
    await sandbox.one(0);
    expect(sandbox.lines).toEqual([
      "log plain 1 [ 1, { a: 'b' } ] null",
      'debug Ann is 41.5 years and 99%',
      'info Map(1) { 1 => Set(1) { 2 } }',
      'warn careful',
      'error -0 10n undefined [Function (anonymous)]',
      'log [ 1 ]',
      'error Assertion failed no',
    ]);
    expect(sandbox.of('console')[0]!.sliceNumber).toBe(1);
  });

  it('do not fail on any printed value', async () => {
    const sandbox = await start(`() => {
      const loop = { name: 'loop' }; loop.loop = loop;
      const hostile = new Proxy({}, { ownKeys() { throw 1; }, getPrototypeOf() { throw 2; } });
      console.log(loop, { get secret() { throw new Error('read'); } });
      console.log(hostile);
      console.log('%s', hostile);
      let deep = []; for (let i = 0; i < 1e4; i++) deep = [deep, deep];
      console.log(deep);
      console.log(new Array(1e6).fill('x'), 'y'.repeat(1e6));
      return 'alive';
    }`);
    expect(await sandbox.one(0)).toBe('alive');
    expect(sandbox.lines[0]).toBe("log { name: 'loop', loop: [Circular] } { secret: [Getter] }");
    expect(sandbox.lines[1]).toBe('log [cannot be shown]');
    expect(Math.max(...sandbox.lines.map((line) => line.length))).toBeLessThan(17_000);
  });

  it('collapse repeated messages within a slice', async () => {
    const sandbox = await start(
      '(x) => { for (let i = 0; i < 5; i++) console.log("again"); if (x === 1) console.log("other"); }',
    );
    await sandbox.run([1, 2]);
    expect(sandbox.of('console').map((m) => [m.sliceNumber, m.message, m.same])).toEqual([
      [1, 'again', undefined],
      [1, 'again', 4],
      [1, 'other', undefined],
      [2, 'again', undefined],
      [2, 'again', 4],
    ]);
  });

  it('limit the console bytes of a slice, with a notice', async () => {
    const sandbox = await start(
      '(x) => { for (let i = 0; i < 20; i++) console.log(String(i % 10).repeat(10_000)); }',
    );
    await sandbox.one(0);
    const texts = sandbox.of('console').map((m) => m.message);
    expect(texts.join('').length).toBeLessThan(CONSOLE_BYTES_PER_SLICE_MAX + 200);
    expect(texts.at(-1)).toContain('is over 65536 bytes');
  });

  it('limit the console messages per second, with a notice', async () => {
    const sandbox = await start(
      `(x) => { ${BUSY} for (let i = 0; i < 1000; i++) console.log(i); busy(50); console.log('end'); }`,
    );
    await sandbox.one(0);
    const texts = sandbox.of('console').map((m) => m.message);
    expect(texts.length).toBeLessThan(250);
    expect(texts).toContain('end');
    expect(texts.some((text) => /^\[\d+ console messages were dropped/.test(text))).toBe(true);
  });

  it('assign messages printed before the first slice to that slice', async () => {
    const sandbox = await start('console.log("early"); progress(0.5); x => x');
    await sandbox.run([1], { first: 7 });
    expect(sandbox.of('console')).toMatchObject([{ sliceNumber: 7, message: 'early' }]);
  });

  it('report progress from 0 to 1, increasing, at most every 100 ms', async () => {
    const sandbox = await start(
      `(value) => {
        ${BUSY} busy(110);
        const began = performance.now();
        const answers = [progress(value), progress(value)];
        return [answers, performance.now() - began];
      }`,
    );
    const values = [undefined, 0, 0.5, 1, '50%', ' 7.5 % ', -1, 1.1, NaN, 'x', {}, '500%'];
    const outcomes = (await sandbox.run(values)) as [boolean[], number][];
    expect(outcomes.map(([answers]) => answers)).toEqual(values.map(() => [true, true]));
    const told = outcomes.map((_, at) => sandbox.of('progress').filter((m) => m.sliceNumber === at + 1));
    const firsts = told.map(([first]) => first!.progress);
    expect(firsts).toEqual([undefined, 0, 0.5, 1, 0.5, 0.075, ...Array<undefined>(6).fill(undefined)]);
    // Where a busy machine stopped the sandbox between the two, both were due.
    const early = told.filter((all, at) => all.length > 1 && outcomes[at]![1] < PROGRESS_INTERVAL_MS);
    expect(early).toEqual([]);
    const backwards = await start(
      `() => { ${BUSY} for (const p of [0.5, 0.2, 0.6]) { progress(p); busy(110); } }`,
    );
    await backwards.one(0);
    expect(backwards.of('progress').map((m) => m.progress)).toEqual([0.5, undefined, 0.6]);
  });
}

function flushTests(start: StartSandbox): void {
  it('of short slices are posted together', async () => {
    const sandbox = await start('x => x');
    const count = 2_000;
    const batch = sandbox.send([{ first: 5, input: { kind: 'range', start: 0, step: 1, count } }]);
    expect(await sandbox.outcomes(batch)).toHaveLength(count);
    expect(sandbox.of('outcomes').length).toBeLessThan(20);
  });

  it('of slow slices are posted after the flush time, in order, with their computing time', async () => {
    const sandbox = await start(`(x) => { ${BUSY} busy(10); return x; }`);
    await sandbox.run(
      Array.from({ length: 60 }, (_, i) => i),
      { first: 11 },
    );
    const messages = sandbox.of('outcomes');
    expect(messages.length).toBeGreaterThanOrEqual(3);
    expect(Math.max(...messages.map((m) => m.count))).toBeLessThanOrEqual(FLUSH_MS / 10 + 1);
    let next = 11;
    for (const m of messages) {
      expect(m.first).toBe(next);
      next += m.count;
      expect(m.done).toBe(next === 71);
    }
    const ms = messages.reduce((sum, m) => sum + m.computeMs, 0);
    expect(ms).toBeGreaterThan(590);
  });

  it('are posted one by one after a begin message when the batch asks for that', async () => {
    const sandbox = await start('(x) => x');
    expect(await sandbox.run([1, 2, 3], { each: true, first: 4 })).toEqual([1, 2, 3]);
    const seen = sandbox.messages.filter((m) => m.type === 'begin' || m.type === 'outcomes');
    expect(seen.map((m) => (m.type === 'begin' ? `begin ${m.sliceNumber}` : `${m.first}+${m.count} ${m.done}`))).toEqual([
      'begin 4', '4+1 false', 'begin 5', '5+1 false', 'begin 6', '6+1 true',
    ]); // prettier-ignore
  });

  it('are preceded by a begin message after a time without messages', async () => {
    const sandbox = await start(`(x) => { ${BUSY} busy(150); return x; }`);
    await sandbox.run([1, 2]);
    expect(sandbox.of('begin').map((m) => m.sliceNumber)).toEqual([1]);
    await sandbox.run([3], { first: 3 });
    expect(sandbox.of('begin').length).toBeLessThanOrEqual(2);
  });

  it('are posted before they exceed a segment, and a large one is posted alone', async () => {
    const sandbox = await start('(bytes) => new Uint8Array(bytes)');
    const sizes = [...Array<number>(12).fill(100_000), 900_000, 10, 3_000_000, 10, 700_000, 700_000];
    const outcomes = (await sandbox.run(sizes)) as Uint8Array[];
    expect(outcomes.map((o) => o.length)).toEqual(sizes);
    const messages = sandbox.of('outcomes');
    for (const m of messages)
      if (m.count > 1) expect(m.segment.byteLength).toBeLessThanOrEqual(SEGMENT_BYTES_MAX);
    expect(messages.find((m) => m.segment.byteLength > SEGMENT_BYTES_MAX)).toMatchObject({
      first: 15,
      count: 1,
    });
    expect(messages.map((m) => m.done).lastIndexOf(false)).toBe(messages.length - 2);
  });

  it('of several batches are posted batch by batch, also when slices are asynchronous', async () => {
    const sandbox = await start('async (x) => { await new Promise((r) => setTimeout(r, 2)); return x; }');
    const inputs = [1, 2, 3].map(
      (n) => ({ kind: 'segment', count: 2, segment: segmentOf([n, -n]) }) as const,
    );
    const batches = inputs.map((input, i) => sandbox.send([{ first: 1 + 2 * i, input }]));
    for (const [i, batch] of batches.entries())
      expect(await sandbox.outcomes(batch)).toEqual([i + 1, -i - 1]);
    expect(sandbox.of('outcomes').map((m) => m.first)).toEqual(
      [...sandbox.of('outcomes').map((m) => m.first)].sort((a, b) => a - b),
    );
  });
}

/** What a job may do to its realm, by what it changes; the harness works in the same one. */
const POISONS: Readonly<Record<string, string>> = {
  'the length of byte arrays': `Object.defineProperty(Uint8Array.prototype, 'length', { get: fail, configurable: true })`,
  'what byte arrays can do': `for (const name of ['set', 'subarray', 'slice', 'fill', 'copyWithin']) Uint8Array.prototype[name] = fail`,
  'maps': `for (const name of ['get', 'set', 'has']) Map.prototype[name] = fail`,
  'a global constructor': `Object.defineProperty(globalThis, 'Uint32Array', { value: fail, configurable: true }); globalThis.DataView = fail`,
}; // prettier-ignore
/** Deno hears no further message after these: its own part of the realm is made of arrays and descriptors. */
const POISONS_OF_LISTS: Readonly<Record<string, string>> = {
  'the first element of all arrays': `Object.defineProperty(Array.prototype, 0, { set: fail, configurable: true })`,
  'the iterator of arrays': `Array.prototype[Symbol.iterator] = fail`,
  'the properties of descriptors': `Object.prototype.get = fail; Object.prototype.value = 7; Array.prototype[Symbol.iterator] = fail`,
}; // prettier-ignore

function hostileTests(start: StartSandbox, isPlatformInRealm: boolean): void {
  it('cannot end the sandbox by errors after the end of its slice', async () => {
    const sandbox = await start(`async (x) => {
      setTimeout(() => { throw new TypeError('in a timer'); }, 0);
      void Promise.reject(new RangeError('forgotten'));
      await new Promise((resolve) => setTimeout(resolve, 20));
      return x;
    }`);
    expect(await sandbox.one(1)).toBe(1);
    expect(sandbox.lines.join('\n')).toMatch(/error Uncaught.*TypeError: in a timer/);
    expect(sandbox.lines.join('\n')).toMatch(/error Uncaught.*RangeError: forgotten/);
    expect(sandbox.exitReason).toBeUndefined();
  });

  it('cannot falsify reports of the harness by changing prototypes', async () => {
    const sandbox = await start(`(x) => {
      for (const name of ['push', 'map', 'slice', 'forEach', 'includes']) Array.prototype[name] = () => { throw new Error('poison'); };
      Object.prototype.toJSON = () => 1;
      JSON.stringify = null;
      return x;
    }`);
    expect(await sandbox.run([1, 2])).toEqual([1, 2]);
  });

  it.each(Object.entries(isPlatformInRealm ? POISONS : { ...POISONS, ...POISONS_OF_LISTS }))(
    'gets its results although it has changed %s',
    async (_what, poison) => {
      const sandbox = await start(`(() => { const bytes = Uint8Array.of(1, 2); return (x) => {
      const fail = () => { throw new Error('poison'); };
      ${poison};
      return { x, list: [x, 'text'], bytes };
    }; })()`);
      const result = (x: number): unknown => ({ x, list: [x, 'text'], bytes: Uint8Array.of(1, 2) });
      expect(await sandbox.run([1, 2])).toEqual([result(1), result(2)]);
      expect(await sandbox.run([3])).toEqual([result(3)]);
    },
  );

  it('is not run for a datum that is not a valid value', async () => {
    const sandbox = await start('(x) => x');
    const segment = segmentOf(['a long enough text', 2]);
    segment[segment.length - 1] = 0xc1;
    const outcomes = await sandbox.outcomes(
      sandbox.send([{ first: 1, input: { kind: 'segment', count: 2, segment } }]),
    );
    expect(outcomes).toMatchObject(['a long enough text', { code: 'VALUE_MALFORMED' }]);
    const broken = { kind: 'segment', count: 2, segment: new Uint8Array(40) } as const;
    const none = await sandbox.outcomes(sandbox.send([{ first: 3, input: broken }]));
    expect(none).toMatchObject([{ code: 'SEGMENT_MALFORMED' }, { code: 'SEGMENT_MALFORMED' }]);
  });
}
