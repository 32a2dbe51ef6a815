/**
 * The self-test of a worker, in a real thread.
 */
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/clock.js';
import { ManyhandsError } from '../../lib/errors.js';
import { SegmentWriter } from '../../protocol/segment/segment.js';
import { WORKTIMES } from '../../worktimes/registry.js';
import type { SandboxHost } from '../hosts/port/sandbox-host.js';
import { createWorkerFixture, trackFixtures } from '../../testing/worker/worker-fixture.js';
import { testSandboxes } from './self-test.js';

/** A host whose sandboxes answer each message with the given ones. */
function answering(answers: (type: string) => unknown[]): SandboxHost {
  return {
    isolation: 'thread',
    start: async (_owner, handlers) => ({
      send: ({ type }) => answers(type).forEach((one) => queueMicrotask(() => handlers.message(one))),
      kill: () => undefined,
    }),
    close: async () => undefined,
  };
}

function result(value: unknown): unknown {
  const writer = new SegmentWriter();
  writer.appendValue(value);
  return {
    type: 'outcomes',
    batch: 1,
    first: 1,
    count: 1,
    segment: writer.finish(),
    computeMs: 0,
    done: true,
  };
}

const giving = (value: unknown): SandboxHost =>
  answering((type) => [type === 'assign' ? { type: 'assigned' } : result(value)]);

const on = trackFixtures();

describe('the test of a worker’s sandboxes', () => {
  it('offers all worktimes if all can run', async () => {
    expect(await testSandboxes(giving([42, true]), systemClock, WORKTIMES)).toEqual({
      worktimes: WORKTIMES,
      missing: [],
    });
  });

  it('offers only what needs no WebAssembly where there is none, and names what is missing', async () => {
    const { worktimes, missing } = await testSandboxes(giving([42, false]), systemClock, WORKTIMES);
    expect(worktimes).toEqual(WORKTIMES.filter(({ needsWebAssembly }) => !needsWebAssembly));
    expect(worktimes.map(({ name }) => name)).toContain('map-basic');
    expect(worktimes.map(({ name }) => name)).not.toContain('pyodide');
    expect(missing.join()).toContain('Python needs WebAssembly');
  });

  it.each<[string, SandboxHost, RegExp]>([
    [
      'no function can be loaded',
      answering(() => [
        { type: 'assign-failed', error: { code: 'ASSIGN_FAILED', message: 'eval is forbidden' } },
      ]),
      /eval is forbidden/,
    ],
    ['a function gives a wrong value', giving([41, true]), /wrong value/],
    ['a sandbox posts a malformed message', answering(() => [7]), /malformed message/],
  ])('fails where %s', async (_what, host, reason) => {
    await expect(testSandboxes(host, systemClock, WORKTIMES)).rejects.toMatchObject({
      code: 'ISOLATION_UNAVAILABLE',
      message: expect.stringMatching(reason) as string,
    });
  });

  it('fails with the error of the host if no sandbox can be started', async () => {
    const none = new ManyhandsError('ISOLATION_UNAVAILABLE', 'There is no Deno on this machine.');
    const host = { ...giving(0), start: () => Promise.reject(none) };
    await expect(testSandboxes(host, systemClock, WORKTIMES)).rejects.toBe(none);
  });

  it('does not start the worker if the scheduler ended the session meanwhile', async () => {
    const error = { code: 'BANNED', message: 'The operator keeps it out.' };
    const inner = giving([42, true]);
    const host: SandboxHost = {
      ...inner,
      start: (...args) => {
        scheduler.tap.broadcast({ type: 'goodbye', error });
        return inner.start(...args);
      },
    };
    const { worker, scheduler, clock, names } = on(
      createWorkerFixture({}, {}, { testsSandboxes: true, hosts: { thread: () => host } }),
    );
    const started = expect(clock.runUntil(worker.start())).rejects.toMatchObject(error);
    await started;
    expect(worker.state).toBe('stopped');
    expect(names()).not.toContain('start');
  });
});
