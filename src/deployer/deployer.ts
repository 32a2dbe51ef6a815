/**
 * The functions of a deployer, which share one context. Entry points create a deployer and export its functions.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';
import { ID_PATTERN } from '../lib/crypto/ids.js';
import { describeValue, readOptions } from '../lib/options.js';
import { fromCursor } from '../protocol/messages/cursor.js';
import { checkSignal } from '../lib/abortable.js';
import type { Cursor } from '../protocol/messages/messages.js';
import type { Keystore } from '../wallet/keystore.js';
import type { AccountInfo } from './account-info.js';
import { AppendQueue } from './upload/append-queue.js';
import type { Compute, ComputeDo, ComputeFor, ComputeForForms } from './compute-types.js';
import { createContext } from './connection/context.js';
import { readCall, type CallOptions } from './arguments/call-options.js';
import { checkKeystore, checkReason } from './arguments/check-arguments.js';
import { toRemoteStatus, withJsonForm, type RemoteStatus } from './results/status-info.js';
import type { UploadSummary } from './upload/input-upload.js';
import { fetchJobResults, type FetchedResult, type ResultRange } from './results/fetch-results.js';
import { parseDo, parseFor } from './upload/forms.js';
import { toJobInput } from './upload/input.js';
import { Job } from './job/job.js';
import { listJobs } from './list-jobs.js';
import type { DeployerPorts } from './connection/ports.js';

export interface AttachOptions extends CallOptions {
  /** Cursor of the last journal row to skip: only later rows are replayed. @default 0, which replays all rows */
  after?: Cursor;
}

export interface AddedSlices extends UploadSummary {
  success: true;
}

export interface Deployer {
  computeFor: ComputeFor;
  compute: Compute;
  /**
   * Creates a handle of a job that the scheduler has, in any process of the job's owner. The handle follows the job's
   * journal from the first call of `on` or `wait`.
   * @throws JOB_UNKNOWN, NOT_OWNER, INVALID_ARGUMENT
   */
  attach: <T = unknown>(jobId: string, options?: AttachOptions) => Promise<Job<T>>;
  /** Adds slices to an open job of this owner; resolves once they are committed. @throws JOB_CLOSED, INPUT_FAILED */
  addSlices: (data: unknown, jobId: string, options?: CallOptions) => Promise<AddedSlices>;
  /**
   * The finished slices, ordered by slice number. Failed slices have an `error` in place of a `value`.
   * @throws JOB_UNKNOWN, NOT_OWNER, INVALID_ARGUMENT
   */
  fetchResults: <T = unknown>(
    jobId: string,
    range?: ResultRange,
    options?: CallOptions,
  ) => Promise<FetchedResult<T>[]>;
  /** The state of an account. @default the wallet's account @throws ADDRESS_MALFORMED */
  getAccount: (address?: string) => Promise<AccountInfo>;
}

/**
 * Creates a deployer without opening a connection.
 * @throws INVALID_ARGUMENT when the scheduler's address is malformed
 */
export function createDeployer(ports: DeployerPorts): Deployer {
  const context = createContext(ports);
  const computeFor = ((...call: unknown[]) => new Job(context, { call: parseFor(call) })) as ComputeForForms;
  const computeDo = ((...call: unknown[]) => new Job(context, { call: parseDo(call) })) as ComputeDo;

  const status = async (job: string | Job): Promise<RemoteStatus> => {
    const found = (await context.client.request('job.status', { jobId: jobIdOf(job) })).status;
    return toRemoteStatus(found);
  };
  const cancel = async (
    job: string | Job,
    keystoreOrReason?: Keystore | string,
    reason = '',
  ): Promise<RemoteStatus> => {
    const isReason = typeof keystoreOrReason === 'string';
    if (!isReason) checkKeystore(keystoreOrReason);
    const cancelReason = checkReason(isReason ? keystoreOrReason : reason);
    const answer = await context.client.request('job.cancel', { jobId: jobIdOf(job), reason: cancelReason });
    return toRemoteStatus(answer.status);
  };

  return {
    computeFor,
    compute: {
      for: computeFor,
      do: computeDo,
      cancel,
      status,
      list: (options) =>
        listJobs((body, { signal }) => context.client.request('job.list', body, { signal }), options),
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
          `after must be a cursor, a whole number of at least 0; got ${describeValue(after)}.`,
        );
      }
      const answer = await context.client.request('job.status', { jobId: jobIdOf(jobId) }, { signal });
      const { seq } = fromCursor(after);
      if (seq > answer.status.cursor) {
        throw new ManyhandsError('INVALID_ARGUMENT', `The journal of job ${jobId} ends before row ${seq}.`);
      }
      return new Job<T>(context, { attachTo: answer.status, after });
    },
    async addSlices(data, jobId, options) {
      const { signal } = readCall(options, 'addSlices');
      const ended = new AbortController().signal;
      const queue = new AppendQueue(context, jobIdOf(jobId), ended, { waitForConnection: false });
      return { success: true, ...(await queue.append(toJobInput(data), signal)) };
    },
    fetchResults: <T>(jobId: string, range?: ResultRange, options?: CallOptions) =>
      fetchJobResults<T>(context, jobIdOf(jobId), range, options),
    async getAccount(address) {
      const { parseAddress } = await import('../wallet/parse-address.js');
      const account = address === undefined ? (await ports.wallet.get()).address : parseAddress(address);
      return withJsonForm(await context.client.request('account.show', { address: account }));
    },
  };
}

function jobIdOf(job: unknown): string {
  const id = job instanceof Job ? job.id : job;
  if (typeof id === 'string' && ID_PATTERN.test(id)) return id;
  throw new ManyhandsError(
    'INVALID_ARGUMENT',
    `A job must be given as its id (job.id, 22 characters) or as its handle; got ${describeValue(job)}.`,
  );
}
