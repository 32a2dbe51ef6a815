/**
 * What a process of Deno may say before it is ended; a script that writes prepared frames takes Deno's place.
 * @module
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/clock.js';
import { CONSOLE_BYTES_PER_SLICE_MAX, SANDBOX_MESSAGES_BURST_MAX } from '../../protocol/limits.js';
import { DenoSandbox } from './deno-process.js';
import { MemoryWatch } from './memory-watch.js';
import { encodeFrame } from './sandbox-frames.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'manyhands-deno-test-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Starts what says that it is up and then `messages`; why it ended, and how many of them were heard. */
async function heardOf(messages: unknown[]): Promise<{ reason: string; heard: number }> {
  const frames = [{ type: 'up', finding: '' }, ...messages.map((message) => ({ type: 'message', message }))];
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
      folder: { home: folder, cache: folder, importMap: 'none', script: 'none' } as never,
      script: new Uint8Array(),
      memoryMiB: 1_024,
      heapMiB: 128,
      watch: new MemoryWatch({ clock: systemClock }),
      clock: systemClock,
      handlers: { message: () => (heard += 1), exit: resolve },
      over: () => undefined,
    });
    sandbox.started().catch(reject);
  });
  return { reason, heard };
}

describe('a process of Deno', () => {
  it('is ended where it posts messages without end, though it never was given a job', async () => {
    const flood = Array.from({ length: 3 * SANDBOX_MESSAGES_BURST_MAX }, () => ({ type: 'console' }));
    const { reason, heard } = await heardOf(flood);
    expect(reason).toMatch(/posted more messages/);
    expect(heard).toBeLessThan(3 * SANDBOX_MESSAGES_BURST_MAX);
  });

  it('is ended where it posts a text that is too long', async () => {
    const text = 'x'.repeat(CONSOLE_BYTES_PER_SLICE_MAX + 1);
    const { reason, heard } = await heardOf([{ type: 'console', message: text }, { type: 'console' }]);
    expect([reason, heard]).toEqual(['The sandbox posted a longer text than it may.', 0]);
  });

  it('is ended where it posts outcomes of no batch', async () => {
    const { reason } = await heardOf([{ type: 'outcomes', segment: new Uint8Array(8) }]);
    expect(reason).toMatch(/outcomes of a batch/);
  });
});
