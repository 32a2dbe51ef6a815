/**
 * Commands of a job's owner: deploy, append, close, cancel, top up. All are idempotent.
 * @module
 */
import { ManyhandsError } from '../../../lib/errors.js';
import { JOB_SLICES_MAX, OPEN_JOBS_PER_OWNER_MAX } from '../../../protocol/limits.js';
import type { JobStatus, WireOffer } from '../../../protocol/messages/messages.js';
import { bannedError } from '../port/banned-error.js';
import { isFinalStatus } from '../../policy/job-status.js';
import { formatUnits } from '../../policy/price.js';
import { isDescribed } from '../../../protocol/input/described-inputs.js';
import { encodeInput } from '../rows/inputs.js';
import { classKeyOf, insertJob, lockJob, lockOwnJob, saveJob, statusOf } from '../rows/job-record.js';
import { balanceOf } from '../rows/ledger.js';
import { NO_HISTORY, putRange } from '../rows/ranges.js';
import type { QueryPlan } from '../rows/query-plan.js';
import { insertDetails } from '../rows/job-details.js';
import { countIn, existsIn, insertInto, selectOne } from '../rows/table-plans.js';
import type { CommandResult, Commands, DeployCommand } from '../port/store.js';
import { USED_OFFERS } from '../schema/account-tables.js';
import { JOBS, PACKAGES, type JobRecord } from '../schema/job-tables.js';
import { BANS } from '../schema/operator-tables.js';
import { INPUTS } from '../schema/slice-tables.js';
import { recordEvent, type CommandContext } from './context.js';
import { endJob } from './end-job.js';
import { growEscrow } from './escrow.js';
import { updateJobStatus } from './update-job-status.js';

const countUnfinished = countIn(JOBS, `owner = ? AND run_status IN ('running', 'paused')`);
const findBan = selectOne(BANS, ['subject', 'reason'], 'WHERE subject IN (?, ?)');
const insertPackage = insertInto(PACKAGES);
const insertInput = insertInto(INPUTS);
const findInput = selectOne(INPUTS, ['first', 'count'], 'WHERE job_id = ? AND append_id = ?');
const insertUsedOffer = insertInto(USED_OFFERS);
const findUsedOffer = selectOne(USED_OFFERS, ['jobId'], 'WHERE account = ? AND nonce = ?');
const isUsedOffer = existsIn(USED_OFFERS, 'account = ? AND nonce = ?');

/** Creates a job; repeating it changes nothing. @throws JOB_EXISTS, BANNED, LIMIT_EXCEEDED, and errors of the offer */
export function* deploy(ctx: CommandContext, c: DeployCommand): QueryPlan<JobStatus> {
  const known = yield* lockJob(c.jobId);
  if (known !== undefined) {
    if (known.owner === c.owner && known.digest === c.digest) return statusOf(known);
    throw new ManyhandsError('JOB_EXISTS', `another job has the id ${c.jobId}: use a new id`, {
      jobId: c.jobId,
    });
  }
  yield* checkBans(c);
  yield* checkUnfinishedJobs(c.owner);
  yield* checkOffer(ctx, c);
  const job = newJob(ctx, c);
  yield* insertJob(job);
  yield* insertPackage({ jobId: c.jobId, bytes: c.package, offer: c.offer ?? null });
  yield* insertDetails(job, c.tags ?? [], c.metadata);
  if (c.offer !== undefined) yield* useOffer(c.offer, c.jobId);
  yield* recordEvent(ctx, job, { kind: 'accepted' });
  yield* saveJob(job);
  return statusOf(job);
}

/** @throws LIMIT_EXCEEDED for an owner who may have no further unfinished job */
export function* checkUnfinishedJobs(owner: string): QueryPlan<void> {
  const unfinished = yield* countUnfinished(owner);
  if (unfinished < OPEN_JOBS_PER_OWNER_MAX) return;
  throw new ManyhandsError(
    'LIMIT_EXCEEDED',
    `${owner} has ${unfinished} unfinished jobs, the maximum of one owner: close or cancel some`,
    { limit: 'OPEN_JOBS_PER_OWNER_MAX', max: OPEN_JOBS_PER_OWNER_MAX, actual: unfinished },
  );
}

/** Connections are checked earlier, but a ban may have been committed since then. */
function* checkBans({ owner, offer }: DeployCommand): QueryPlan<void> {
  const found = yield* findBan(owner, offer?.account ?? owner);
  if (found !== undefined) throw bannedError(found.subject, found.reason);
}

function newJob(ctx: CommandContext, c: DeployCommand): JobRecord {
  const { name: worktime, range: worktimeRange } = c.worktime;
  const terms = { worktime, worktimeRange, groups: c.groups, origins: c.origins ?? [] };
  return {
    jobId: c.jobId,
    owner: c.owner,
    digest: c.digest,
    createdMs: ctx.nowMs,
    runStatus: 'running',
    reason: null,
    open: true,
    total: 0,
    pending: 0,
    leased: 0,
    accepted: 0,
    failed: 0,
    cancelled: 0,
    retried: 0,
    checkpoints: 0,
    leases: 0,
    workers: 0,
    servedMs: 0,
    turnMs: 0,
    resultMs: 0,
    unloadable: 0,
    seq: 0,
    ...terms,
    classKey: classKeyOf(terms),
    attempts: c.attempts ?? null,
    failFast: c.failFast ?? false,
    account: c.offer?.account ?? null,
    price: c.offer?.pricePerSlice ?? 0n,
    ceiling: c.offer?.ceiling ?? 0n,
    escrow: 0n,
    paid: 0n,
  };
}

function* checkOffer(ctx: CommandContext, c: DeployCommand): QueryPlan<void> {
  const price = c.offer?.pricePerSlice ?? 0n;
  if (price < c.minimumPrice) {
    throw new ManyhandsError(
      'OFFER_TOO_LOW',
      `the offer is ${formatUnits(price)} credits a slice, and this scheduler accepts no less than ${formatUnits(c.minimumPrice)}`,
      { price: String(price), minimum: String(c.minimumPrice) },
    );
  }
  if (c.offer !== undefined) yield* checkFreshOffer(ctx, c.offer);
}

function* checkFreshOffer(ctx: CommandContext, offer: WireOffer): QueryPlan<void> {
  if (offer.acceptBeforeMs < ctx.nowMs) {
    throw new ManyhandsError(
      'OFFER_EXPIRED',
      `the offer expired at ${new Date(offer.acceptBeforeMs).toISOString()}: sign a new one (and check this machine's clock)`,
      { acceptBeforeMs: offer.acceptBeforeMs, nowMs: ctx.nowMs },
    );
  }
  if (yield* isUsedOffer(offer.account, offer.nonce)) {
    throw new ManyhandsError('OFFER_REPLAYED', 'this offer was already used: sign a new one for each job', {
      nonce: offer.nonce,
    });
  }
  const balance = yield* balanceOf(offer.account);
  if (offer.pricePerSlice > 0n && balance < offer.ceiling) {
    throw new ManyhandsError(
      'OFFER_UNDERFUNDED',
      `the offer promises up to ${formatUnits(offer.ceiling)} credits, and ${offer.account} has ${formatUnits(balance)}: lower the ceiling, or fund the account (the scheduler's operator can: manyhands account mint <address> <credits>)`,
      { ceiling: String(offer.ceiling), balance: String(balance), account: offer.account },
    );
  }
}

function* useOffer({ account, nonce }: WireOffer, jobId: string): QueryPlan<void> {
  yield* insertUsedOffer({ account, nonce, jobId });
}

/** Adds slices at the end of an open job; repeating an `appendId` changes nothing. */
export function* append(ctx: CommandContext, c: Commands['append'][0]): QueryPlan<CommandResult<'append'>> {
  const job = yield* lockOwnJob(c.jobId, c.owner);
  const before = yield* findInput(c.jobId, c.appendId);
  if (before !== undefined) return { first: before.first, count: before.count };
  checkOpen(job);
  checkOrigins(job, c.origins ?? []);
  const { count } = c.input;
  if (job.total + count > JOB_SLICES_MAX) {
    throw new ManyhandsError('LIMIT_EXCEEDED', `a job has at most ${JOB_SLICES_MAX} slices`, {
      limit: 'JOB_SLICES_MAX',
      max: JOB_SLICES_MAX,
      actual: job.total + count,
    });
  }
  const first = job.total + 1;
  const { jobId, appendId, input } = c;
  yield* insertInput({
    jobId,
    first,
    count,
    appendId,
    kind: isDescribed(input) ? 'range' : 'segment',
    body: encodeInput(input),
  });
  yield* putRange(c.jobId, { first, last: first + count - 1, state: 'pending', ...NO_HISTORY });
  job.total += count;
  job.pending += count;
  yield* growEscrow(ctx, job, c.appendId);
  yield* recordEvent(ctx, job, { kind: 'appended', first, count });
  yield* updateJobStatus(ctx, job);
  ctx.events.work.set(job.jobId, job);
  return { first, count };
}

/** Workers accept a job by its declared origins, so input from any other origin could not be fetched. */
function checkOrigins(job: JobRecord, origins: readonly string[]): void {
  const other = origins.find((origin) => !job.origins.includes(origin));
  if (other === undefined) return;
  const declared = job.origins.length === 0 ? 'none' : job.origins.join(', ');
  throw new ManyhandsError(
    'ORIGIN_NOT_ALLOWED',
    `input from ${other} is refused: job ${job.jobId} may only have input from its declared origins (${declared}); add it to job.origins before the job is deployed`,
    { jobId: job.jobId, origin: other },
  );
}

function checkOpen(job: JobRecord): void {
  if (job.runStatus === 'cancelled') {
    throw new ManyhandsError('JOB_CANCELLED', `job ${job.jobId} was cancelled: ${job.reason ?? ''}`, {
      jobId: job.jobId,
      reason: job.reason ?? '',
    });
  }
  if (!job.open) {
    throw new ManyhandsError(
      'JOB_CLOSED',
      `job ${job.jobId} is closed: to add slices later, set job.autoClose = false before exec()`,
      { jobId: job.jobId },
    );
  }
}

/** Closes the input of a job: it finishes when all its slices are done. */
export function* close(ctx: CommandContext, c: Commands['close'][0]): QueryPlan<JobStatus> {
  const job = yield* lockOwnJob(c.jobId, c.owner);
  if (!job.open) return statusOf(job);
  job.open = false;
  yield* recordEvent(ctx, job, { kind: 'closed' });
  yield* updateJobStatus(ctx, job);
  return statusOf(job);
}

/** Cancels a job: its leases are revoked, its results stay, its escrow is refunded. */
export function* cancel(ctx: CommandContext, c: Commands['cancel'][0]): QueryPlan<JobStatus> {
  const job = yield* lockOwnJob(c.jobId, c.owner);
  if (isFinalStatus(job.runStatus)) return statusOf(job);
  yield* endJob(ctx, job, c.reason);
  return statusOf(job);
}

/** Replaces the job's ceiling by that of a further offer for the same package; repeating it changes nothing. */
export function* topup(ctx: CommandContext, c: Commands['topup'][0]): QueryPlan<JobStatus> {
  const job = yield* lockOwnJob(c.jobId, c.owner);
  const used = yield* findUsedOffer(c.offer.account, c.offer.nonce);
  if (used?.jobId === c.jobId) return statusOf(job);
  checkTopup(job, c.offer);
  yield* checkFreshOffer(ctx, { ...c.offer, ceiling: c.offer.ceiling - job.escrow - job.paid });
  yield* useOffer(c.offer, c.jobId);
  job.ceiling = c.offer.ceiling;
  yield* growEscrow(ctx, job, c.offer.nonce);
  yield* updateJobStatus(ctx, job);
  ctx.events.work.set(job.jobId, job);
  return statusOf(job);
}

function checkTopup(job: JobRecord, offer: WireOffer): void {
  if (isFinalStatus(job.runStatus)) {
    throw new ManyhandsError(
      'JOB_STATE',
      `job ${job.jobId} is ${job.runStatus}: there is nothing left to pay for`,
      {
        jobId: job.jobId,
        runStatus: job.runStatus,
      },
    );
  }
  const isSame =
    offer.packageDigest === job.digest && offer.account === job.account && offer.pricePerSlice === job.price;
  if (!isSame || offer.ceiling < job.ceiling) {
    throw new ManyhandsError(
      'OFFER_MISMATCH',
      'a top-up must be for the same job package, account and price, with a ceiling no lower than before',
      { jobId: job.jobId },
    );
  }
}
