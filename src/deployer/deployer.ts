/**
 * The deployer's functions over one context; entry points make one and export its functions.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';
import { ID_PATTERN } from '../lib/crypto/ids.js';
import { describeValue, readOptions } from '../lib/options.js';
import { fromCursor } from '../protocol/messages/cursor.js';
import { checkSignal } from '../lib/abortable.js';
import type { Cursor } from '../protocol/messages/messages.js';
import type { Keystore } from '../wallet/keystore.js';
import { AppendQueue } from './upload/append-queue.js';
import type { Compute, ComputeDo, ComputeFor, ComputeForForms } from './compute-types.js';
import { createContext } from './connection/context.js';
import { readCall, type CallOptions } from './arguments/call-options.js';
import { checkKeystore, checkReason } from './arguments/check-arguments.js';
import { remoteStatus, withJsonForm, type RemoteStatus } from './results/status-info.js';
import type { FeedSummary } from './upload/feed.js';
import { fetchJobResults, type FetchedResult, type ResultRange } from './results/fetch-results.js';
import { parseDo, parseFor } from './upload/forms.js';
import { toJobInput } from './upload/input.js';
import { Job } from './job/job.js';
import { listJobs } from './list-jobs.js';
import type { DeployerPorts } from './connection/ports.js';

export interface AttachOptions extends CallOptions {
  /** Replay the journal behind this row only. @default 0, all of it */
  after?: Cursor;
}

export interface AddedSlices extends FeedSummary {
  success: true;
}

/** What an account has at a scheduler, in units (10^9 make one credit). */
export interface AccountInfo {
  address: string;
  balance: bigint;
  /** Held for the account's jobs. */
  escrow: bigint;
  /** Earned by work so far. */
  earned: bigint;
}

export interface Deployer {
  computeFor: ComputeFor;
  compute: Compute;
  /**
   * A handle of a job that the scheduler has, in any process of its owner. It follows from the first `on` or `wait`.
   * @throws JOB_UNKNOWN, NOT_OWNER, INVALID_ARGUMENT
   */
  attach: <T = unknown>(jobId: string, options?: AttachOptions) => Promise<Job<T>>;
  /** Adds slices to an open job of this owner; resolves when they are committed. @throws JOB_CLOSED, INPUT_FAILED */
  addSlices: (data: unknown, jobId: string, options?: CallOptions) => Promise<AddedSlices>;
  /** Always an array, ordered by slice number; failed slices have an `error` in place of a `value`. */
  fetchResults: <T = unknown>(
    jobId: string,
    range?: ResultRange,
    options?: CallOptions,
  ) => Promise<FetchedResult<T>[]>;
  /** @param address @default the wallet's account */
  getAccount: (address?: string) => Promise<AccountInfo>;
}

/** Opens no connection yet. @throws INVALID_ARGUMENT when the scheduler's address is malformed */
export function createDeployer(ports: DeployerPorts): Deployer {
  const context = createContext(ports);
  const computeFor = ((...call: unknown[]) => new Job(context, { call: parseFor(call) })) as ComputeForForms;
  const computeDo = ((...call: unknown[]) => new Job(context, { call: parseDo(call) })) as ComputeDo;

  const status = async (job: string | Job): Promise<RemoteStatus> => {
    const found = (await context.link.request('job.status', { jobId: idOf(job) })).status;
    return remoteStatus(found);
  };
  const cancel = async (
    job: string | Job,
    keystoreOrReason?: Keystore | string,
    reason = '',
  ): Promise<RemoteStatus> => {
    const isReason = typeof keystoreOrReason === 'string';
    if (!isReason) checkKeystore(keystoreOrReason);
    const why = checkReason(isReason ? keystoreOrReason : reason);
    const answer = await context.link.request('job.cancel', { jobId: idOf(job), reason: why });
    return remoteStatus(answer.status);
  };

  return {
    computeFor,
    compute: {
      for: computeFor,
      do: computeDo,
      cancel,
      status,
      list: (options) =>
        listJobs((body, { signal }) => context.link.request('job.list', body, { signal }), options),
      on: (name, listener) => void context.connection.on(name, listener),
      off: (name, listener) => void context.connection.off(name, listener),
    },
    async attach<T>(jobId: string, options: AttachOptions = {}) {
      const given = readOptions<AttachOptions>(options, 'attach', { after: true, signal: true });
      const signal = checkSignal(given.signal);
      const { after = 0 } = given;
      if (!Number.isSafeInteger(after) || after < 0) {
        throw new ManyhandsError(
          'INVALID_ARGUMENT',
          `after must be a cursor, a whole number from 0; got ${describeValue(after)}.`,
        );
      }
      const answer = await context.link.request('job.status', { jobId: idOf(jobId) }, { signal });
      if (fromCursor(after).seq > answer.status.cursor) {
        throw new ManyhandsError('INVALID_ARGUMENT', `The journal of job ${jobId} ends before row ${after}.`);
      }
      return new Job<T>(context, { attachTo: answer.status, after });
    },
    async addSlices(data, jobId, options) {
      const { signal } = readCall(options, 'addSlices');
      const ended = new AbortController().signal;
      const queue = new AppendQueue(context, idOf(jobId), ended, { patient: false });
      return { success: true, ...(await queue.append(toJobInput(data), signal)) };
    },
    fetchResults: <T>(jobId: string, range?: ResultRange, options?: CallOptions) =>
      fetchJobResults<T>(context, idOf(jobId), range, options),
    async getAccount(address) {
      const { parseAddress } = await import('../wallet/parse-address.js');
      const whose = address === undefined ? (await ports.wallet.get()).address : parseAddress(address);
      return withJsonForm(await context.link.request('account.show', { address: whose }));
    },
  };
}

function idOf(job: unknown): string {
  const id = job instanceof Job ? job.id : job;
  if (typeof id === 'string' && ID_PATTERN.test(id)) return id;
  throw new ManyhandsError(
    'INVALID_ARGUMENT',
    `A job is named by its id, 22 characters as job.id gives them, or by its handle; got ${describeValue(job)}.`,
  );
}
