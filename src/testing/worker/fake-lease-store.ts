/**
 * A store that only grants leases: so many slices of one job, one slice a lease, to every request. For tests of the matchmaker.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import type { Candidate } from '../../scheduler/policy/choose-job.js';
import type { Command, Committed, Outcome, Store } from '../../scheduler/store/port/store.js';

export function candidate(change: Partial<Candidate>): Candidate {
  return {
    jobId: 'a job',
    owner: `0x${'a'.repeat(40)}`,
    leases: 0,
    createdMs: 0,
    worktime: 'map-basic',
    worktimeRange: '^1.0.0',
    groups: [{ key: 'public' }],
    origins: [],
    price: 0n,
    ...change,
  };
}

const never = (): never => {
  throw new Error('this store only grants leases');
};

export class FakeLeaseStore implements Store {
  readonly schedulerId = '0'.repeat(64);
  /** Slices without a lease. */
  pendingSlices = 0;
  /** Number of commands that fail before the next one succeeds. */
  failures = 0;
  /** Called while a lease is granted. */
  onLease: () => void = () => undefined;
  readonly receivedCommands: Command[] = [];
  #next = 1;

  commit(commands: readonly Command[]): Promise<Committed> {
    const events = { journal: new Set<string>(), work: new Map<string, Candidate>(), revoked: [], jobs: [] };
    const outcomes = commands.map((command): Outcome => {
      this.receivedCommands.push(command);
      if (this.failures-- > 0) return { ok: false, error: new ManyhandsError('INTERNAL', 'it fails') };
      if (command.name === 'releaseLease') {
        this.pendingSlices += 1;
        events.work.set('a job', candidate({}));
        return { ok: true, value: { next: command.from, left: 0 } };
      }
      if (command.name === 'revokeLease') return { ok: true, value: null };
      if (command.name !== 'grantLease') return never();
      this.onLease();
      if (this.pendingSlices === 0) return { ok: true, value: null };
      this.pendingSlices -= 1;
      const { leaseId } = command;
      const lease = { leaseId, jobId: 'a job', packageDigest: '', first: this.#next++, count: 1 };
      const granted = { lease: { ...lease, inputs: [], leaseMs: 1 }, job: candidate({}), attempt: 1 };
      return { ok: true, value: granted };
    });
    return Promise.resolve({ outcomes, events, workMs: 0 });
  }

  bans = (): Promise<never[]> => Promise.resolve([]);
  job = never;
  status = never;
  jobs = never;
  journal = never;
  rowEpoch = never;
  results = never;
  account = never;
  nextDeadline = never;
  probe = never;
  check = never;
  close = never;
}
