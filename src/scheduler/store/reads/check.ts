/**
 * The invariants of a store, checked on a live one (`manyhands doctor`) and by tests: each sentence is a violation. Each
 * check is one statement over a whole table, so that a store of 100,000 jobs takes seconds.
 * @module
 */
import { UNITS_MAX } from '../../../protocol/limits.js';
import { all, allExact, getExact, type QueryPlan } from '../rows/query-plan.js';
import { MINT } from '../schema/account-tables.js';

/** Largest number of reported violations of one kind. */
const DEFECTS_MAX = 100;

/** Violated invariants as sentences; empty when all hold. */
export function* checkStore(): QueryPlan<string[]> {
  const wrong: string[] = [];
  for (const check of [
    checkRanges,
    checkCounts,
    checkOutputs,
    checkJournals,
    checkLeases,
    checkCheckpoints,
    checkMoney,
  ]) {
    for (const { jobId, text } of yield* check()) wrong.push(`job ${jobId}: ${text}`);
  }
  wrong.push(...(yield* checkLedger()));
  return wrong;
}

interface Defect {
  jobId: string;
  text: string;
}

function* defects<T extends { job_id: string }>(
  sql: string,
  describe: (row: T) => string,
): QueryPlan<Defect[]> {
  const rows = yield* all<T>(`${sql} LIMIT ${DEFECTS_MAX}`);
  return rows.map((row) => ({ jobId: row.job_id, text: describe(row) }));
}

/** Each slice is in exactly one range. */
function* checkRanges(): QueryPlan<Defect[]> {
  const gaps = yield* defects<{ job_id: string; first: number; before: number }>(
    `SELECT job_id, first, before FROM (
      SELECT job_id, first, COALESCE(LAG(last) OVER (PARTITION BY job_id ORDER BY first), 0) AS before FROM ranges)
      WHERE first <> before + 1`,
    ({ first, before }) => `slices ${before + 1} to ${first - 1} are in no range, or in two`,
  );
  const ends = yield* defects<{ job_id: string; total: number; last: number }>(
    `SELECT j.job_id, j.total, COALESCE(r.last, 0) AS last FROM jobs j
      LEFT JOIN (SELECT job_id, MAX(last) AS last FROM ranges GROUP BY job_id) r ON r.job_id = j.job_id
      WHERE COALESCE(r.last, 0) <> j.total`,
    ({ last, total }) => `its ranges end at ${last} and it has ${total} slices`,
  );
  return [...gaps, ...ends];
}

/** The states that each count of a job's row is the sum of. */
const COUNTED_STATES = {
  pending: `'pending'`,
  leased: `'leased'`,
  accepted: `'accepted'`,
  failed: `'failed', 'cancelled'`,
  cancelled: `'cancelled'`,
};

/** The counts in a job's row equal its slices in each state. */
function* checkCounts(): QueryPlan<Defect[]> {
  const found: Defect[] = [];
  for (const [state, states] of Object.entries(COUNTED_STATES)) {
    found.push(
      ...(yield* defects<{ job_id: string; recorded: number; counted: number }>(
        `SELECT j.job_id, j.${state} AS recorded, COALESCE(r.counted, 0) AS counted FROM jobs j
          LEFT JOIN (SELECT job_id, SUM(last - first + 1) AS counted FROM ranges WHERE state IN (${states}) GROUP BY job_id) r
          ON r.job_id = j.job_id WHERE COALESCE(r.counted, 0) <> j.${state}`,
        ({ counted, recorded }) => `${counted} slices are ${state}, and its row has ${recorded}`,
      )),
    );
  }
  const left = yield* defects<{ job_id: string }>(
    `SELECT job_id FROM jobs WHERE run_status = 'finished' AND accepted + failed <> total`,
    () => 'it is finished with slices left',
  );
  return [...found, ...left];
}

/** Each slice that is done has exactly one outcome. */
function* checkOutputs(): QueryPlan<Defect[]> {
  const twice = yield* defects<{ job_id: string; first: number }>(
    `SELECT job_id, first FROM (
      SELECT job_id, first, COALESCE(LAG(first + count) OVER (PARTITION BY job_id ORDER BY first), 1) AS free FROM outputs)
      WHERE first < free`,
    ({ first }) => `slice ${first} has two outcomes`,
  );
  const sums = yield* defects<{ job_id: string; counted: number; done: number }>(
    `SELECT j.job_id, COALESCE(o.counted, 0) AS counted, j.accepted + j.failed AS done FROM jobs j
      LEFT JOIN (SELECT job_id, SUM(count) AS counted FROM outputs GROUP BY job_id) o ON o.job_id = j.job_id
      WHERE COALESCE(o.counted, 0) <> j.accepted + j.failed`,
    ({ counted, done }) => `${counted} outcomes for ${done} slices that are done`,
  );
  const rowless = yield* defects<{ job_id: string; seq: number }>(
    `SELECT j.job_id, o.seq FROM jobs j
      JOIN (SELECT job_id, MAX(seq) AS seq, MIN(seq) AS least FROM outputs GROUP BY job_id) o ON o.job_id = j.job_id
      WHERE o.seq > j.seq OR o.least < 1`,
    ({ seq }) => `an outcome names journal row ${seq}, which is not there`,
  );
  return [...twice, ...sums, ...rowless];
}

function* checkJournals(): QueryPlan<Defect[]> {
  return yield* defects<{ job_id: string }>(
    `SELECT j.job_id FROM jobs j
      LEFT JOIN (SELECT job_id, COUNT(*) AS rows, MIN(seq) AS least, MAX(seq) AS most FROM journal GROUP BY job_id) r
      ON r.job_id = j.job_id
      WHERE COALESCE(r.rows, 0) <> j.seq OR COALESCE(r.most, 0) <> j.seq OR COALESCE(r.least, 1) <> 1`,
    () => 'its journal has a gap or a repeat',
  );
}

function* checkLeases(): QueryPlan<Defect[]> {
  const counts = yield* defects<
    Record<'counted' | 'recorded' | 'workers' | 'recordedWorkers', number> & { job_id: string }
  >(
    `SELECT j.job_id, COALESCE(l.counted, 0) AS counted, j.leases AS recorded,
        COALESCE(l.workers, 0) AS workers, j.workers AS recordedWorkers FROM jobs j
      LEFT JOIN (SELECT job_id, COUNT(*) AS counted, COUNT(DISTINCT worker_id) AS workers FROM leases GROUP BY job_id) l
      ON l.job_id = j.job_id WHERE COALESCE(l.counted, 0) <> j.leases OR COALESCE(l.workers, 0) <> j.workers`,
    ({ counted, recorded, workers, recordedWorkers }) =>
      counted === recorded
        ? `${workers} workers have leases of it, and its row has ${recordedWorkers}`
        : `${counted} leases, and its row has ${recorded}`,
  );
  const strays = yield* defects<{ job_id: string; lease_id: string }>(
    `SELECT l.job_id, l.lease_id FROM leases l
      LEFT JOIN ranges r ON r.job_id = l.job_id AND r.first = l.next AND r.lease_id = l.lease_id
      WHERE r.last IS NULL OR r.last <> l.last`,
    ({ lease_id: leaseId }) => `lease ${leaseId} and its range differ`,
  );
  return [...counts, ...strays];
}

/** Only slices that are not done have a checkpoint, and the job's row counts them. */
function* checkCheckpoints(): QueryPlan<Defect[]> {
  const counts = yield* defects<{ job_id: string; counted: number; recorded: number }>(
    `SELECT j.job_id, COALESCE(c.counted, 0) AS counted, j.checkpoints AS recorded FROM jobs j
      LEFT JOIN (SELECT job_id, COUNT(*) AS counted FROM checkpoints GROUP BY job_id) c ON c.job_id = j.job_id
      WHERE COALESCE(c.counted, 0) <> j.checkpoints`,
    ({ counted, recorded }) => `${counted} checkpoints, and its row has ${recorded}`,
  );
  const done = yield* defects<{ job_id: string; slice: number }>(
    `SELECT c.job_id, c.slice FROM checkpoints c
      JOIN outputs o ON o.job_id = c.job_id AND o.first <= c.slice AND o.first + o.count > c.slice`,
    ({ slice }) => `slice ${slice} is done and has a checkpoint`,
  );
  return [...counts, ...done];
}

function* checkMoney(): QueryPlan<Defect[]> {
  const found = yield* defects<{ job_id: string }>(
    `SELECT j.job_id FROM jobs j LEFT JOIN accounts a ON a.account = 'escrow:' || j.job_id
      WHERE CAST(j.escrow AS BIGINT) <> COALESCE(a.balance, 0)`,
    () => 'its escrow and the ledger differ',
  );
  const paying = yield* all<
    Record<'job_id' | 'price' | 'paid' | 'ceiling', string> &
      Record<'accepted' | 'failed' | 'retried', number>
  >(
    `SELECT job_id, price, paid, ceiling, accepted, failed, retried FROM jobs WHERE price <> '0' OR paid <> '0'`,
  );
  for (const job of paying) {
    const describe = (text: string): void => void found.push({ jobId: job.job_id, text });
    const price = BigInt(job.price);
    const paid = BigInt(job.paid);
    if (paid > BigInt(job.ceiling)) describe('more was paid than its ceiling');
    // A slice that was lost for good, or cancelled, has no paid execution; every other outcome is paid exactly once, and so
    // may have been the failure of a slice that its owner ran again.
    if (price > 0n && paid > price * BigInt(job.accepted + job.failed + job.retried))
      describe('more was paid than its outcomes cost');
    if (paid < price * BigInt(job.accepted)) describe('an accepted outcome was not paid');
  }
  return found;
}

interface AccountSums {
  account: string;
  balance: bigint;
  earned: bigint;
  paid: bigint;
  moved: bigint;
}

function* checkLedger(): QueryPlan<string[]> {
  const wrong: string[] = [];
  const sum = yield* getExact<{ units: bigint | null }>('SELECT SUM(balance) AS units FROM accounts');
  if ((sum?.units ?? 0n) !== 0n) wrong.push(`the ledger sums to ${sum!.units} units, not to zero`);
  const accounts = yield* allExact<AccountSums>(
    `SELECT a.account, a.balance, a.earned, COALESCE(c.paid, 0) AS paid,
        COALESCE(c.credited, 0) - COALESCE(d.debited, 0) AS moved FROM accounts a
      LEFT JOIN (SELECT credit, SUM(amount) AS credited,
        SUM(CASE WHEN substr(transfer_id, 1, 4) = 'pay:' THEN amount ELSE 0 END) AS paid FROM transfers GROUP BY credit) c
        ON c.credit = a.account
      LEFT JOIN (SELECT debit, SUM(amount) AS debited FROM transfers GROUP BY debit) d ON d.debit = a.account
      WHERE a.earned <> COALESCE(c.paid, 0) OR a.balance <> COALESCE(c.credited, 0) - COALESCE(d.debited, 0)
        OR (a.balance < 0 AND a.account <> '${MINT}') LIMIT ${DEFECTS_MAX}`,
  );
  for (const { account, balance, earned, paid, moved } of accounts) {
    if (earned !== paid && earned !== UNITS_MAX)
      wrong.push(`account ${account}: what it earned and its payments differ`);
    if (balance !== moved) wrong.push(`account ${account}: its balance and its transfers differ`);
    if (balance < 0n && account !== MINT) wrong.push(`account ${account} is below zero`);
  }
  return wrong;
}
