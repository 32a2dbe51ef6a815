/**
 * Commands for the contract tests of stores: deploy, append, lease and report with valid arguments.
 * @module
 */
import type { Clock } from '../../src/lib/clock.js';
import { newId, toHex } from '../../src/lib/crypto/ids.js';
import { ENVELOPE_KIND, encodeError } from '../../src/protocol/segment/envelope.js';
import { LEASE_MS } from '../../src/protocol/limits.js';
import type { Input, Lease, WireOffer, WorkerDescription } from '../../src/protocol/messages/messages.js';
import { rangeFromBounds } from '../../src/protocol/input/ranges.js';
import { SegmentWriter } from '../../src/protocol/segment/segment.js';
import { executorOf, independenceLevel } from '../../src/scheduler/policy/attempts.js';
import type { Roster } from '../../src/scheduler/policy/roster.js';
import type {
  CommandResult,
  Command,
  CommandName,
  Commands,
  CommitEvents,
  Store,
} from '../../src/scheduler/store/port/store.js';
import type { SeededRandom } from '../../src/testing/seeded-random.js';

/** A clock whose time the test sets. */
export class ManualClock implements Clock {
  nowMs = 1_800_000_000_000;
  wallMs = (): number => this.nowMs;
  monotonicMs = (): number => this.nowMs;
  after = (): never => {
    throw new Error('a store must not set timers');
  };
}

export const OWNER = `0x${'a'.repeat(40)}`;
export const PAYER = `0x${'b'.repeat(40)}`;
export const PAYEE = `0x${'c'.repeat(40)}`;

export function workerDescription(
  random: SeededRandom,
  extra: Partial<WorkerDescription> = {},
): WorkerDescription {
  const worktimes = [{ name: 'map-basic', version: '1.0.0' }];
  return {
    workerId: newId(random),
    worktimes,
    sandboxHost: 'thread',
    sandboxes: 2,
    paymentAddress: PAYEE,
    ...extra,
  };
}

/** Executes one command in its own commit; throws the error with which it was refused. */
export async function perform<K extends CommandName>(
  store: Pick<Store, 'commit'>,
  name: K,
  body: Commands[K][0],
  roster?: Roster,
): Promise<CommandResult<K>> {
  return (await performWithEvents(store, name, body, roster)).value;
}

/** Like `perform`; resolves with the events of the commit too. */
export async function performWithEvents<K extends CommandName>(
  store: Pick<Store, 'commit'>,
  name: K,
  body: Commands[K][0],
  roster?: Roster,
): Promise<{ value: CommandResult<K>; events: CommitEvents }> {
  const { outcomes, events } = await store.commit([{ name, ...body } as unknown as Command], roster);
  const outcome = outcomes[0]!;
  if (!outcome.ok) throw outcome.error;
  return { value: outcome.value, events };
}

/** A roster in which exactly these workers are connected. */
export const rosterOf = (...workers: WorkerDescription[]): Roster => ({
  hasBetterWorker: (_, tried, level) =>
    workers.some((worker) => independenceLevel(executorOf(worker), tried) > level),
});

export interface OfferTerms {
  price: bigint;
  ceiling: bigint;
}

export function offerOf(random: SeededRandom, clock: ManualClock, terms: OfferTerms): WireOffer {
  return {
    account: PAYER,
    owner: OWNER,
    packageDigest: '0'.repeat(64),
    pricePerSlice: terms.price,
    ceiling: terms.ceiling,
    acceptBeforeMs: clock.nowMs + 60_000,
    nonce: toHex(random.bytes(32)),
    signature: `0x${'1'.repeat(130)}`,
  };
}

/** Deploys a job without slices; returns its id. */
export async function deployJob(
  store: Pick<Store, 'commit'>,
  random: SeededRandom,
  offer?: WireOffer,
  origins: string[] = [],
): Promise<string> {
  const jobId = newId(random);
  await perform(store, 'deploy', {
    jobId,
    owner: OWNER,
    package: new Uint8Array([1, 2, 3]),
    digest: '0'.repeat(64),
    worktime: { name: 'map-basic', range: '^1.0.0' },
    groups: [{ key: 'public' }],
    origins,
    minimumPrice: 0n,
    ...(offer === undefined ? {} : { offer }),
  });
  return jobId;
}

export async function appendTo(
  store: Pick<Store, 'commit'>,
  random: SeededRandom,
  jobId: string,
  input: Input,
  origins: readonly string[] = [],
): Promise<number> {
  const appendId = newId(random);
  return (await perform(store, 'append', { jobId, owner: OWNER, appendId, input, origins })).first;
}

export const rangeInput = (count: number): Input => rangeFromBounds(1, count);

export function segmentInput(values: readonly unknown[]): Input {
  return { kind: 'segment', count: values.length, segment: segmentOf(values) };
}

export function segmentOf(values: readonly unknown[]): Uint8Array {
  const writer = new SegmentWriter();
  for (const value of values) {
    if (value instanceof Error) writer.appendEnvelope(ENVELOPE_KIND.error, encodeError(value));
    else writer.appendValue(value);
  }
  return writer.finish();
}

export async function leaseFor(
  store: Pick<Store, 'commit'>,
  random: SeededRandom,
  worker: WorkerDescription,
  warm?: string,
): Promise<Lease | undefined> {
  const granted = await perform(store, 'grantLease', {
    leaseId: newId(random),
    worker,
    ...(warm === undefined ? {} : { warmState: { loadedJob: warm } }),
  });
  return granted === null || granted === 'deferred' ? undefined : granted.lease;
}

/** Reports the next `values.length` slices of a lease. */
export function reportOf(
  lease: Pick<Lease, 'leaseId'>,
  worker: WorkerDescription,
  first: number,
  values: readonly unknown[],
): Commands['report'][0] {
  return {
    leaseId: lease.leaseId,
    workerId: worker.workerId,
    first,
    count: values.length,
    computeMs: values.length,
    ...(values.length === 0 ? {} : { segment: segmentOf(values) }),
  };
}

/** Runs all slices with one correct worker; throws where they are not done after 10,000 leases. */
export async function drain(
  store: Pick<Store, 'commit'>,
  random: SeededRandom,
  clock: ManualClock,
): Promise<void> {
  const worker = workerDescription(random);
  clock.nowMs += 2 * LEASE_MS;
  await perform(store, 'expireLeases', {});
  for (let leases = 0; leases < 10_000; leases++) {
    const lease = await leaseFor(store, random, worker);
    if (lease === undefined) return;
    const values = Array.from({ length: lease.count }, (_, i) => lease.first + i);
    await perform(store, 'report', reportOf(lease, worker, lease.first, values));
  }
  throw new Error('Slices are left after 10,000 leases.');
}
