/**
 * Limits of the messages of a Deno process; a script that writes prepared frames replaces Deno.
 * @module
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../lib/clock.js';
import { CONSOLE_BYTES_PER_SLICE_MAX, SANDBOX_MESSAGES_BURST_MAX } from '../../../protocol/limits.js';
import { DenoSandbox } from './deno-process.js';
import { FakeCgroups } from '../../../testing/worker/fake-cgroups.js';
import { findMemoryGroups, type MemoryGroups } from '../process/memory-groups.js';
import { MemoryWatch } from '../process/memory-watch.js';
import { encodeFrame } from '../process/message-framing.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'manyhands-deno-test-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const UP = { type: 'up', finding: '' };

/** Starts a process that reports that it is up and then posts `messages`. Returns why it ended and how many were delivered. */
function heardOf(messages: unknown[], groups?: MemoryGroups): Promise<{ reason: string; heard: number }> {
  return endOf([UP, ...messages.map((message) => ({ type: 'message', message }))], groups);
}

/** Starts a process that writes these frames. Rejects where it ends before it is up. */
async function endOf(frames: unknown[], groups?: MemoryGroups): Promise<{ reason: string; heard: number }> {
  writeFileSync(join(folder, 'frames'), Buffer.concat(frames.flatMap((frame) => encodeFrame(frame))));
  const program = join(folder, 'deno');
  writeFileSync(
    program,
    `#!${process.execPath}
process.stdout.write(require('node:fs').readFileSync(${JSON.stringify(join(folder, 'frames'))}));
process.stdin.resume();`,
  );
  chmodSync(program, 0o755);
  let heard = 0;
  const reason = await new Promise<string>((resolve, reject) => {
    const sandbox = new DenoSandbox({
      deno: program,
      folder: {
        home: folder,
        cache: folder,
        importMap: 'none',
        script: 'none',
        registerProcess: () => () => undefined,
      } as never,
      script: new Uint8Array(),
      memoryMiB: 1_024,
      heapMiB: 128,
      watch: new MemoryWatch({ clock: systemClock }),
      clock: systemClock,
      groups,
      handlers: { message: () => (heard += 1), exit: resolve },
      over: () => undefined,
    });
    sandbox.started().catch(reject);
  });
  return { reason, heard };
}

describe('a Deno process', () => {
  it('is ended if it posts too many messages, even without a job', async () => {
    const flood = Array.from({ length: 3 * SANDBOX_MESSAGES_BURST_MAX }, () => ({ type: 'console' }));
    const { reason, heard } = await heardOf(flood);
    expect(reason).toMatch(/posted more messages/);
    expect(heard).toBeLessThan(3 * SANDBOX_MESSAGES_BURST_MAX);
  });

  it('is ended if it posts a text that is too long', async () => {
    const text = 'x'.repeat(CONSOLE_BYTES_PER_SLICE_MAX + 1);
    const { reason, heard } = await heardOf([{ type: 'console', message: text }, { type: 'console' }]);
    expect([reason, heard]).toEqual(['The sandbox posted a longer text than it may.', 0]);
  });

  it('is limited by a control group if available, and reports that the kernel killed it', async () => {
    const files = new FakeCgroups(1, '/service/manyhands', '/service');
    const groups = findMemoryGroups(files, { pid: 1, isRoot: false })!;
    const held: string[] = [];
    const move = files.write.bind(files);
    files.write = (path, text) => {
      move(path, text);
      if (!path.endsWith('/cgroup.procs')) return;
      // As the kernel does with a process above its limit.
      const group = files.groups.get(path.slice(0, -'/cgroup.procs'.length))!;
      held.push(group.files.get('memory.max')!);
      group.files.set('memory.events', 'oom 1\noom_kill 1\n');
      group.pids.clear();
      setImmediate(() => process.kill(Number(text), 'SIGKILL'));
    };
    const reason = await heardOf([], groups).then(
      (ended) => ended.reason,
      (error: unknown) => String(error),
    );
    expect(reason).toContain('ran out of memory: it needs more than 1024 MiB');
    expect(held).toEqual([String(1_024 * 1024 * 1024)]);
    expect([...files.groups.keys()].some((path) => path.includes('sandbox-'))).toBe(false);
  });

  it.each<[string, unknown, RegExp]>([
    ['an unknown message', { type: 'open' }, /type is one of/],
    ['its end without a reason', { type: 'exit' }, /reason should be text/],
    ['no map', 7, /a map/],
  ])('is ended if it writes %s', async (_what, frame, problem) => {
    const later = { type: 'message', message: {} };
    const { reason, heard } = await endOf([UP, frame, later]);
    expect(reason).toContain('The sandbox wrote a malformed message');
    expect(reason).toMatch(problem);
    expect(heard).toBe(0);
    const early = endOf([frame, UP]);
    await expect(early).rejects.toMatchObject({
      code: 'ISOLATION_UNAVAILABLE',
      message: expect.stringMatching(problem) as string,
    });
  });

  it('is ended if it posts outcomes without a batch', async () => {
    const { reason } = await heardOf([{ type: 'outcomes', segment: new Uint8Array(8) }]);
    expect(reason).toMatch(/outcomes of a batch/);
  });
});
