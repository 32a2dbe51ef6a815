/**
 * The deployer in Node, with WebSockets, the system clock and the keystores of this user. Work functions can be read
 * from files.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { url as inspectorUrl } from 'node:inspector';
import { createModuleDeployer } from '../deployer/module-deployer.js';
import { bundler } from '../bundler/bundler.js';
import { systemClock } from '../lib/clock.js';
import { systemRandom } from '../lib/crypto/random.js';
import { createStats } from '../protocol/input/distribution-range.js';
import { DEFAULT_SCHEDULER } from '../protocol/wire/scheduler-url.js';
import { connectNode } from '../transport/ws-node.js';
import { fetchModule, moduleReadError } from '../deployer/package/fetch-module.js';
import { JobFS } from './jobfs.node.js';
import { localPackages } from './local-packages.node.js';
import { wallet } from './wallet.node.js';

const deployer = createModuleDeployer(() => ({
  schedulerUrl: process.env.MANYHANDS_SCHEDULER || DEFAULT_SCHEDULER,
  connect: connectNode,
  clock: systemClock,
  random: systemRandom,
  wallet,
  fetch: (input, init) => fetch(input, init),
  readModule,
  packages: localPackages,
  bundler,
  makeJobFS: () => new JobFS(),
  yieldNow: () => new Promise((resolve) => setImmediate(resolve)),
  openLocal: async (options) => (await import('./local.node.js')).openLocal(options),
  isDebugged: () => inspectorUrl() !== undefined,
  warn: (text) => void process.stderr.write(`${text}\n`),
}));

async function readModule(url: URL): Promise<Uint8Array> {
  if (url.protocol !== 'file:') return fetchModule(fetch, url);
  try {
    return new Uint8Array(await readFile(url));
  } catch (cause) {
    throw moduleReadError(url, (cause as NodeJS.ErrnoException).code ?? String(cause), cause);
  }
}

export const { init, computeFor, compute, map, attach, addSlices, fetchResults, getAccount } = deployer;
/** An alias of `computeFor` in the naming style of Python. */
export const compute_for = computeFor;
/** Inputs of numbers of a distribution: `stats.set.random(n, min, max)` … */
export const stats = /* @__PURE__ */ createStats(systemRandom);

export { isError, ManyhandsError } from '../lib/errors.js';
export type { ErrorCode, ErrorInfo, SliceFailure } from '../lib/errors.js';
export { RangeObject } from '../protocol/input/input-sets.js';
export { MultiRangeObject, SparseRangeObject } from '../protocol/input/combined-ranges.js';
export type { MultiRanges, RangeMember, SparseRanges } from '../protocol/input/combined-ranges.js';
export { DistributionRange } from '../protocol/input/distribution-range.js';
export type { DistributionBounds, DistributionSet } from '../protocol/input/distribution-range.js';
export { RemoteDataPattern, RemoteDataSet } from '../protocol/input/remote-sets.js';
export type { RangeBounds } from '../protocol/input/range-forms.js';
export type { Job } from '../deployer/job/job.js';
export type { ResultHandle, SettledResult } from '../deployer/state/result-handle.js';
export type {
  Compute,
  ComputeDo,
  ComputeFor,
  ComputeForForms,
  MapFunction,
  MapOptions,
  Mapped,
} from '../deployer/compute-types.js';
export type { JobPage, ListedJob, ListOptions } from '../client/jobs/list-jobs.js';
export type { AccountInfo } from '../client/jobs/account-info.js';
export type { AttachOptions } from '../deployer/attach.js';
export type { AddedSlices } from '../deployer/remote-jobs.js';
export type { RemoteStatus } from '../client/jobs/status-info.js';
export type {
  FetchedResult,
  ResultItem,
  ResultRange,
  StreamOptions,
} from '../deployer/state/result-items.js';
export type { InitOptions } from '../deployer/module-deployer.js';
export type { SlicePaymentOffer } from '../deployer/package/payment.js';
export type { CallSettings } from '../deployer/package/library-imports.js';
export type { CustomWorktime } from '../deployer/package/custom-worktime.js';
export type { WasmCall } from '../protocol/job/job-package.js';
export type { ReadAheadLimits } from '../deployer/config/read-ahead-limits.js';
export type { ComputeGroup, JobLimits, PublicInfo } from '../deployer/package/pack-settings.js';
export type {
  CancelEvent,
  ConsoleEvent,
  ErrorEvent,
  JobEvents,
  NoFundsEvent,
  NoWorkersEvent,
  ProgressEvent,
  ResultEvent,
  StatusEvent,
} from '../deployer/job/job-events.js';
export type { ListenerOptions } from '../deployer/state/limit-listener.js';
export type { ResumeOptions } from '../deployer/upload/resume-input.js';
export type { ReadyState } from '../deployer/state/events.js';
export type { JobStatusInfo } from '../client/jobs/status-info.js';
