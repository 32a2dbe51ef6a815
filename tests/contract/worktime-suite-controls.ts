/**
 * What a work function can do besides returning, in every kind of sandbox: emit events, store checkpoints and go on from them,
 * and give its slice back.
 * @module
 */
import { expect, it } from 'vitest';
import { CHECKPOINT_BYTES_MAX, EVENT_BYTES_MAX } from '../../src/protocol/limits.js';
import { decodeValue, encodeValue } from '../../src/protocol/values/values.js';
import { segmentOf, type StartSandbox } from './worktime-fixture.js';

export function controlsSuite(start: StartSandbox): void {
  it('emits events with the number of their slice, and refuses what cannot be sent', async () => {
    const sandbox = await start(`(x) => {
      work.emit('best', { x, at: new Date(5), big: 7n });
      const codeOf = (run) => { try { run(); return 'none'; } catch (error) { return error.code; } };
      return [codeOf(() => work.emit('', 1)), codeOf(() => work.emit('f', () => 1)),
        codeOf(() => work.emit('large', new Uint8Array(${EVENT_BYTES_MAX}))), work.emit('nothing')];
    }`);
    const outcome = ['INVALID_ARGUMENT', 'VALUE_NOT_CLONEABLE', 'LIMIT_EXCEEDED', true];
    expect(await sandbox.run(['a', 'b'])).toEqual([outcome, outcome]);
    const events = sandbox
      .of('event')
      .map(({ sliceNumber, name, value }) => [sliceNumber, name, decodeValue(value)]);
    const best = (x: string) => ({ x, at: new Date(5), big: 7n });
    expect(events).toEqual([
      [1, 'best', best('a')],
      [1, 'nothing', undefined],
      [2, 'best', best('b')],
      [2, 'nothing', undefined],
    ]);
  });

  it('sends no more events than the limit of a second, and says which were not sent', async () => {
    const sandbox = await start(`() => {
      let sent = 0;
      for (let i = 0; i < 1000; i++) if (work.emit('n', i)) sent++;
      return sent;
    }`);
    const sent = (await sandbox.one(0)) as number;
    expect(sent).toBeGreaterThanOrEqual(100);
    expect(sent).toBeLessThan(300);
    expect(sandbox.of('event')).toHaveLength(sent);
  });

  it('waits for the answer to a checkpoint, and saves no second one within the interval', async () => {
    const sandbox = await start(`async (x) => {
      const saved = [await work.checkpoint({ x, bytes: new Uint8Array([1, 2]) })];
      saved.push(await work.checkpoint('too soon'));
      return [saved, work.state];
    }`);
    const batch = sandbox.send([{ first: 7, input: { kind: 'range', start: 3, step: 1, count: 1 } }]);
    const message = await sandbox.until((m) => m.type === 'checkpoint');
    expect(message).toMatchObject({ type: 'checkpoint', sliceNumber: 7 });
    expect(decodeValue((message as { state: Uint8Array }).state)).toEqual({
      x: 3,
      bytes: new Uint8Array([1, 2]),
    });
    sandbox.answerCheckpoint(7, true);
    expect(await sandbox.outcomes(batch)).toEqual([[[true, false], undefined]]);
    expect(sandbox.of('checkpoint')).toHaveLength(1);
  });

  it('gives the state of an earlier attempt to its slice alone, and none where it cannot be read', async () => {
    const sandbox = await start('() => work.state');
    const run = (state: Uint8Array) => {
      const input = { kind: 'segment', count: 3, segment: segmentOf([1, 2, 3]) } as const;
      return sandbox.outcomes(sandbox.send([{ first: 1, input }], false, { sliceNumber: 2, state }));
    };
    const value = new Map([['step', 5n]]);
    expect(await run(encodeValue(value))).toEqual([undefined, value, undefined]);
    expect(await run(Uint8Array.of(0xc1, 0xff))).toEqual([undefined, undefined, undefined]);
    expect(await sandbox.run([1, 2, 3])).toEqual([undefined, undefined, undefined]);
  });

  it('ends a slice that does not wait for its checkpoint, and refuses a state that is too large', async () => {
    const sandbox = await start(`async (size) => {
      if (size > 0) return work.checkpoint(new Uint8Array(size)).then(String, (error) => error.code);
      void work.checkpoint(1);
      return 'done';
    }`);
    expect(await sandbox.run([0, 0])).toEqual(['done', 'done']);
    const other = await start(
      `(size) => { try { work.checkpoint(new Uint8Array(size)); } catch (error) { return error.code; } }`,
    );
    expect(await other.one(CHECKPOINT_BYTES_MAX + 1)).toBe('LIMIT_EXCEEDED');
  });

  it('gives a slice back after its outcomes before, whatever the work function does with the error', async () => {
    const sandbox = await start(`async (x) => {
      if (x === 'back') try { work.reject('no such file here'); } catch { return 'hidden'; }
      return x;
    }`);
    const input = { kind: 'segment', count: 4, segment: segmentOf(['a', 'b', 'back', 'c']) } as const;
    const batch = sandbox.send([{ first: 5, input }]);
    const message = await sandbox.until((m) => m.type === 'rejected');
    expect(message).toEqual({ type: 'rejected', batch, sliceNumber: 7, reason: 'no such file here' });
    expect(sandbox.of('outcomes').map(({ first, count, done }) => [first, count, done])).toEqual([
      [5, 2, false],
    ]);
  });

  it('tries a slice again as often as it asks before it gives it back', async () => {
    const sandbox = await start(`(x) => {
      globalThis.runs = (globalThis.runs ?? 0) + 1;
      if (x === 'never' || globalThis.runs < 3) work.reject('not yet', 4);
      return globalThis.runs;
    }`);
    expect(await sandbox.run(['soon'])).toEqual([3]);
    sandbox.send([{ first: 2, input: { kind: 'segment', count: 1, segment: segmentOf(['never']) } }]);
    expect(await sandbox.until((m) => m.type === 'rejected')).toMatchObject({
      sliceNumber: 2,
      reason: 'not yet',
    });
  });
}

/** The same in Python. */
export function pythonControlsSuite(start: StartSandbox): void {
  it('emits, stores a checkpoint, goes on from one, and gives a slice back', async () => {
    const sandbox = await start({
      worktime: 'pyodide',
      source: `
import manyhands

async def work(x):
    if x == 'back':
        manyhands.reject('not here')
    manyhands.emit('seen', {'x': x, 'list': [1, 2]})
    before = manyhands.state()
    saved = await manyhands.checkpoint({'step': (before or {'step': 0})['step'] + 1, 'raw': b'ab'})
    return [saved, before]
`,
    });
    const run = (first: number, datum: string, state?: Uint8Array) => {
      const input = { kind: 'segment', count: 1, segment: segmentOf([datum]) } as const;
      return sandbox.send([{ first, input }], false, state && { sliceNumber: first, state });
    };
    const batch = run(4, 'a', encodeValue({ step: 41, when: 'now' }));
    const message = await sandbox.until((m) => m.type === 'checkpoint');
    const state = decodeValue((message as { state: Uint8Array }).state);
    expect(state).toEqual({ step: 42, raw: new Uint8Array([97, 98]) });
    sandbox.answerCheckpoint(4, true);
    expect(await sandbox.outcomes(batch)).toEqual([[true, { step: 41, when: 'now' }]]);
    expect(sandbox.of('event').map(({ name, value }) => [name, decodeValue(value)])).toEqual([
      ['seen', { x: 'a', list: [1, 2] }],
    ]);
    run(5, 'back');
    expect(await sandbox.until((m) => m.type === 'rejected')).toMatchObject({
      sliceNumber: 5,
      reason: 'not here',
    });
  });

  it('emits and stores from functions without await too, many of them in one call', async () => {
    const sandbox = await start({
      worktime: 'pyodide',
      source: `
import manyhands

def work(x):
    manyhands.checkpoint(x)
    if x % 100 == 0:
        manyhands.emit('hundred', x)
    return x + 1
`,
    });
    const data = Array.from({ length: 300 }, (_, i) => i);
    expect(await sandbox.run(data)).toEqual(data.map((x) => x + 1));
    expect(sandbox.of('event').map(({ sliceNumber }) => sliceNumber)).toEqual([1, 101, 201]);
  });
}
