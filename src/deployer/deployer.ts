/**
 * The functions of a deployer. Entry points create a deployer and export its functions.
 * @module
 */
import type { AccountInfo } from '../client/jobs/account-info.js';
import { readCall, type CallOptions } from '../client/jobs/call-options.js';
import { listJobs } from '../client/jobs/list-jobs.js';
import { withJsonForm } from '../client/jobs/status-info.js';
import { attachJob, type AttachOptions } from './attach.js';
import type {
  Compute,
  ComputeDo,
  ComputeFor,
  ComputeForForms,
  MapFunction,
  MapOptions,
} from './compute-types.js';
import { createContext, type DeployerContext } from './connection/context.js';
import type { DeployerPorts } from './connection/ports.js';
import { Job } from './job/job.js';
import { runMap } from './map.js';
import {
  addSlices,
  cancelJob,
  fetchResults,
  fetchStatus,
  type AddedSlices,
  type CancelArguments,
} from './remote-jobs.js';
import type { FetchedResult, ResultRange } from './state/result-items.js';
import { parseDo, parseFor } from './call/forms.js';

export interface Deployer {
  computeFor: ComputeFor;
  map: MapFunction;
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
  getAccount: (address?: string, options?: CallOptions) => Promise<AccountInfo>;
}

/**
 * Creates a deployer without opening a connection.
 * @throws INVALID_ARGUMENT when the scheduler's address is malformed
 */
export function createDeployer(ports: DeployerPorts): Deployer {
  const context = createContext(ports);
  return deployerOver(() => context);
}

/** The functions of a deployer over the context that is current at each call. */
export function deployerOver(context: () => DeployerContext): Deployer {
  const computeFor = ((...call: unknown[]) =>
    new Job(context(), { call: parseFor(call) })) as ComputeForForms;
  const computeDo = ((...call: unknown[]) => new Job(context(), { call: parseDo(call) })) as ComputeDo;
  return {
    computeFor,
    map: ((data: unknown, work: unknown, args?: unknown, options?: MapOptions) =>
      runMap(
        new Job(context(), { call: parseFor(args === undefined ? [data, work] : [data, work, args]) }),
        options,
      )) as MapFunction,
    compute: {
      for: computeFor,
      do: computeDo,
      cancel: async (job: string | Job, ...rest: CancelArguments) => cancelJob(context(), job, ...rest),
      status: async (job, options) => fetchStatus(context(), job, options),
      getJobInfo: async (job, options) => fetchStatus(context(), job, options),
      list: async (options) => {
        const { client } = context();
        return listJobs((body, { signal }) => client.request('job.list', body, { signal }), options);
      },
      on: (name, listener) => void context().events.on(name, listener),
      off: (name, listener) => void context().events.off(name, listener),
    },
    attach: async <T>(jobId: string, options?: AttachOptions) => attachJob<T>(context(), jobId, options),
    addSlices: async (data, jobId, options) => addSlices(context(), data, jobId, options),
    fetchResults: async <T>(jobId: string, range?: ResultRange, options?: CallOptions) =>
      fetchResults<T>(context(), jobId, range, options),
    getAccount: async (address, options = {}) => {
      const { client, ports } = context();
      const call = readCall(options, 'getAccount');
      const { parseAddress } = await import('../wallet/parse-address.js');
      const account = address === undefined ? (await ports.wallet.get()).address : parseAddress(address);
      return withJsonForm(await client.request('account.show', { address: account }, call));
    },
  };
}
