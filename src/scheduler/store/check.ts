/**
 * The invariants of a store, checked on a live one (`manyhands doctor`) and by tests: each sentence is a defect.
 * @module
 */
import { UNITS_MAX } from '../../protocol/limits.js';
import { MINT } from './ledger.js';
import { all, getExact, type Script } from './script.js';

interface JobCounts {
  job_id: string;
  run_status: string;
  is_open: number;
  total: number;
  pending: number;
  leased: number;
  accepted: number;
  failed: number;
  leases: number;
  workers: number;
  seq: number;
  price: string;
  ceiling: string;
  escrow: string;
  paid: string;
}

/** What is wrong, in sentences; empty when every invariant holds. */
export function* checkStore(): Script<string[]> {
  const wrong: string[] = [];
  const jobs = yield* all<JobCounts>('SELECT * FROM jobs');
  for (const job of jobs) {
    const say = (text: string): void => void wrong.push(`job ${job.job_id}: ${text}`);
    yield* checkRanges(job, say);
    yield* checkOutputs(job, say);
    yield* checkLeases(job, say);
    yield* checkMoney(job, say);
  }
  yield* checkLedger(wrong);
  return wrong;
}

type Say = (text: string) => void;

function* checkRanges(job: JobCounts, say: Say): Script<void> {
  const ranges = yield* all<{ first: number; last: number; state: string }>(
    'SELECT first, last, state FROM ranges WHERE job_id = ? ORDER BY first',
    job.job_id,
  );
  const counts: Record<string, number> = { pending: 0, leased: 0, accepted: 0, failed: 0 };
  let next = 1;
  for (const range of ranges) {
    if (range.first !== next) say(`slices ${next} to ${range.first - 1} are in no range, or in two`);
    next = range.last + 1;
    counts[range.state] = (counts[range.state] ?? 0) + range.last - range.first + 1;
  }
  if (next - 1 !== job.total) say(`its ranges end at ${next - 1} and it has ${job.total} slices`);
  for (const state of ['pending', 'leased', 'accepted', 'failed'] as const) {
    if (counts[state] !== job[state])
      say(`${counts[state]} slices are ${state} and its row says ${job[state]}`);
  }
  if (job.run_status === 'finished' && job.accepted + job.failed !== job.total)
    say('it is finished with slices left');
}

function* checkOutputs(job: JobCounts, say: Say): Script<void> {
  const outputs = yield* all<{ first: number; count: number; seq: number }>(
    'SELECT first, count, seq FROM outputs WHERE job_id = ? ORDER BY first',
    job.job_id,
  );
  let last = 0;
  let sum = 0;
  for (const output of outputs) {
    if (output.first <= last) say(`slice ${output.first} has two outcomes`);
    last = output.first + output.count - 1;
    sum += output.count;
    if (output.seq < 1 || output.seq > job.seq)
      say(`an outcome names journal row ${output.seq}, which is not there`);
  }
  if (sum !== job.accepted + job.failed)
    say(`${sum} outcomes for ${job.accepted + job.failed} slices that are done`);
  const rows = (yield* all<{ seq: number }>(
    'SELECT seq FROM journal WHERE job_id = ? ORDER BY seq',
    job.job_id,
  )).map((row) => row.seq);
  if (rows.length !== job.seq || rows.some((seq, i) => seq !== i + 1))
    say('its journal has a gap or a repeat');
}

function* checkLeases(job: JobCounts, say: Say): Script<void> {
  const leases = yield* all<{
    lease_id: string;
    worker_id: string;
    next: number;
    last: number;
    held: number | null;
  }>(
    `SELECT l.lease_id, l.worker_id, l.next, l.last, r.last AS held FROM leases l
      LEFT JOIN ranges r ON r.job_id = l.job_id AND r.first = l.next AND r.lease_id = l.lease_id WHERE l.job_id = ?`,
    job.job_id,
  );
  if (leases.length !== job.leases) say(`${leases.length} leases and its row says ${job.leases}`);
  const workers = new Set(leases.map((lease) => lease.worker_id)).size;
  if (workers !== job.workers) say(`${workers} workers have leases of it and its row says ${job.workers}`);
  for (const lease of leases) {
    if (lease.held !== lease.last) say(`lease ${lease.lease_id} and its range differ`);
  }
}

function* checkMoney(job: JobCounts, say: Say): Script<void> {
  const row = yield* getExact<{ balance: bigint }>(
    'SELECT balance FROM accounts WHERE account = ?',
    `escrow:${job.job_id}`,
  );
  if ((row?.balance ?? 0n) !== BigInt(job.escrow)) say('its escrow and the ledger differ');
  const price = BigInt(job.price);
  const paid = BigInt(job.paid);
  if (paid > BigInt(job.ceiling)) say('more was paid than its ceiling');
  // A slice that was lost for good has no execution to pay; every other outcome is paid exactly once.
  if (price > 0n && paid > price * BigInt(job.accepted + job.failed))
    say('more was paid than its outcomes cost');
  if (paid < price * BigInt(job.accepted)) say('an accepted outcome was not paid');
}

function* checkLedger(wrong: string[]): Script<void> {
  const sum = yield* getExact<{ units: bigint | null }>('SELECT SUM(balance) AS units FROM accounts');
  if ((sum?.units ?? 0n) !== 0n) wrong.push(`the ledger sums to ${sum!.units} units, not to zero`);
  const accounts = yield* all<{ account: string }>('SELECT account FROM accounts');
  for (const { account } of accounts) {
    const row = yield* getExact<{ balance: bigint; earned: bigint; paid: bigint; moved: bigint }>(
      `SELECT balance, earned,
        (SELECT COALESCE(SUM(amount), 0) FROM transfers WHERE credit = a.account AND transfer_id LIKE 'pay:%') AS paid,
        (SELECT COALESCE(SUM(amount), 0) FROM transfers WHERE credit = a.account)
        - (SELECT COALESCE(SUM(amount), 0) FROM transfers WHERE debit = a.account) AS moved
        FROM accounts a WHERE account = ?`,
      account,
    );
    if (row!.earned !== row!.paid && row!.earned !== UNITS_MAX)
      wrong.push(`account ${account}: what it earned and its payments differ`);
    if (row!.balance !== row!.moved) wrong.push(`account ${account}: its balance and its transfers differ`);
    if (row!.balance < 0n && account !== MINT) wrong.push(`account ${account} is below zero`);
  }
}
