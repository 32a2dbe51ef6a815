/**
 * A real worker, connected to the real scheduler in this process, with fake sandboxes and a virtual clock.
 * @module
 */
import { afterEach, expect } from 'vitest';
import type { Input } from '../../protocol/messages/messages.js';
import { SegmentWriter } from '../../protocol/segment/segment.js';
import { BaseWorker } from '../../worker/worker.js';
import type { WorkerPorts } from '../../worker/worker.js';
import type { WorkerOptions } from '../../worker/options/resolve-options.js';
import { FakeSandboxHost } from './fake-sandbox.js';
import type { FakeSandboxScript } from './fake-sandbox.js';
import { SeededRandom } from '../seeded-random.js';
import { VirtualClock } from '../virtual-clock.js';
import { WorkerScheduler } from './worker-scheduler.js';

export const OWNER = `0x${'a'.repeat(40)}`;
export const STRANGER = `0x${'b'.repeat(40)}`;

/** A valid job id that starts with `name`. */
export function jobId(name: string): string {
  return name.padEnd(22, '_');
}

export interface WorkerFixture {
  clock: VirtualClock;
  scheduler: WorkerScheduler;
  host: FakeSandboxHost;
  worker: BaseWorker;
  /** All events that the worker emitted, in order. */
  events: { name: string; payload: unknown }[];
  /** Names of `events`. */
  names(): string[];
}

const EVENT_NAMES = [
  'start',
  'stop',
  'connect',
  'disconnect',
  'fetch',
  'job',
  'sandbox',
  'slice',
  'progress',
  'console',
  'result',
  'return',
  'payment',
  'pause',
  'unpause',
  'bytes',
  'worktime',
  'warning',
  'error',
] as const;

/** Creates a worker whose slices return their squared datum at once, unless the script defines otherwise. */
export function createWorkerFixture(
  script: Partial<FakeSandboxScript> = {},
  options: WorkerOptions = {},
  ports: Partial<WorkerPorts> = {},
): WorkerFixture {
  const clock = new VirtualClock();
  const scheduler = new WorkerScheduler(clock);
  const host = new FakeSandboxHost(clock, {
    slice: (_n, datum) => ({ kind: 'value', value: (datum as number) ** 2 }),
    ...script,
  });
  const worker = new BaseWorker(
    { cores: 1, ...options },
    {
      connect: scheduler.tap.connect,
      clock,
      random: new SeededRandom(1),
      fetch: scheduler.blobs.fetch,
      defaults: { scheduler: 'http://scheduler:8462', isolation: 'thread', cores: 2 },
      hosts: { thread: () => host },
      ownAddress: () => Promise.resolve(OWNER),
      ...ports,
    },
  );
  const events: { name: string; payload: unknown }[] = [];
  for (const name of EVENT_NAMES) worker.on(name, (payload) => events.push({ name, payload }));
  return { clock, scheduler, host, worker, events, names: () => events.map((e) => e.name) };
}

/** Registers fixtures to be closed after each test; a protocol violation recorded by their scheduler fails the test. */
export function trackFixtures(): (made: WorkerFixture) => WorkerFixture {
  const open: WorkerFixture[] = [];
  afterEach(async () => {
    for (const { scheduler, worker, clock } of open.splice(0)) {
      expect(scheduler.violations).toEqual([]);
      await clock.runUntil(worker.stop({ force: true }));
    }
  });
  return (made) => {
    open.push(made);
    return made;
  };
}

/** Creates tracked fixtures whose workers have been started. */
export function startedFixtures(): (
  ...args: Parameters<typeof createWorkerFixture>
) => Promise<WorkerFixture> {
  const keep = trackFixtures();
  return async (...args) => {
    const made = keep(createWorkerFixture(...args));
    await made.worker.start();
    await made.clock.advance(0);
    return made;
  };
}

/** A script whose slices take `ms` of virtual time and return their squared datum. */
export function slicesTaking(ms: number): Pick<FakeSandboxScript, 'slice'> {
  return { slice: (_n, datum) => ({ kind: 'value', value: (datum as number) ** 2, ms }) };
}

/** Number of leases that the worker holds. */
export const leasesHeld = ({ scheduler }: WorkerFixture): number => scheduler.leases.length;

/** Number of slices of the job that have an outcome. */
export const outcomeCount = ({ scheduler }: WorkerFixture, id: string): number => scheduler.outcomeCount(id);

/** Runs four more slices of a job to their end. */
export async function runJobToCompletion({ scheduler, clock }: WorkerFixture, id: string): Promise<void> {
  await scheduler.addJob({ jobId: id, owner: OWNER, total: 4 });
  await clock.runUntil(() => scheduler.isComplete(id));
}

/** An input whose slice n has the envelope that `append` writes. */
export function segmentInput(count: number, append: (writer: SegmentWriter, n: number) => void): Input {
  const writer = new SegmentWriter();
  for (let n = 1; n <= count; n++) append(writer, n);
  return { kind: 'segment', count, segment: writer.finish() };
}
