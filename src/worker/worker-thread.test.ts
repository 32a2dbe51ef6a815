/** One worker with real threads, real time and the real scheduler: shows that real sandboxes behave as the fake ones. */
import { build } from 'esbuild';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../lib/clock.js';
import { systemRandom } from '../lib/crypto/random.js';
import { decodeError } from '../protocol/segment/envelope.js';
import { jobId, OWNER } from '../testing/worker/worker-fixture.js';
import { WorkerScheduler } from '../testing/worker/worker-scheduler.js';
import { threadHost } from './hosts/thread-host.js';
import { BaseWorker } from './worker.js';

const JOB = jobId('real');
let folder: string;
let script: URL;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manyhands-thread-'));
  const entry = fileURLToPath(new URL('../worktimes/sandbox/thread-sandbox.ts', import.meta.url));
  const outfile = join(folder, 'thread-sandbox.mjs');
  const external = ['pyodide'];
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external,
    logLevel: 'silent',
  });
  script = pathToFileURL(outfile);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function until(reached: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): unknown => (reached() ? resolve() : systemClock.after(5, look));
    look();
  });
}

it('a worker with threads runs a job whose work function computes, throws, hangs and ends its thread', async () => {
  const scheduler = new WorkerScheduler(systemClock);
  const worker = new BaseWorker(
    { cores: 2 },
    {
      connect: scheduler.tap.connect,
      clock: systemClock,
      random: systemRandom,
      fetch: scheduler.blobs.fetch,
      defaults: { scheduler: 'http://scheduler:8462', isolation: 'thread', cores: 2 },
      hosts: { thread: () => threadHost({ script, heapMiB: 64 }) },
      ownAddress: () => Promise.resolve(OWNER),
    },
  );
  const work = `(x) => {
    if (x === 400) throw new RangeError('not four hundred');
    if (x === 700) for (;;);
    if (x === 900) { const held = []; for (;;) held.push(new Array(1e6).fill(x)); }
    return x * x;
  }`;
  await worker.start();
  await scheduler.addJob({
    jobId: JOB,
    owner: OWNER,
    total: 1_000,
    package: {
      source: { inline: new TextEncoder().encode(work) },
      limits: { sliceTimeoutMs: 1_500, noProgressMs: 60_000 },
    },
  });
  await until(() => scheduler.isComplete(JOB));
  const outcomes = await scheduler.outcomes(JOB);
  expect(decodeError(outcomes.get(400)!.body)).toMatchObject({
    name: 'RangeError',
    message: 'not four hundred',
  });
  expect(scheduler.losses.map((l) => `${l.sliceNumber} ${l.code}`).sort()).toEqual([
    ...Array<string>(3).fill('700 SLICE_TIMEOUT'),
    ...Array<string>(3).fill('900 SANDBOX_CRASHED'),
  ]);
  const values = Array.from({ length: 1_000 }, (_, i) => (i + 1) ** 2);
  for (const n of [400, 700, 900]) values.splice(n - 1, 1, undefined as never);
  expect(await scheduler.values(JOB)).toEqual(values);
  expect(scheduler.violations).toEqual([]);
  await worker.stop();
  expect(worker.state).toBe('stopped');
}, 60_000);
