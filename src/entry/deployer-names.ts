/**
 * What the deployer exports by name alike in Node and in a page: errors, input sets, and the types of all the rest.
 * @module
 */
export { isError, ManyhandsError } from '../lib/errors.js';
export type { ErrorCode, ErrorInfo, SliceFailure } from '../lib/errors.js';
export { RangeObject } from '../protocol/input-sets.js';
export type { RangeBounds } from '../protocol/input-sets.js';
export type { Job } from '../deployer/job.js';
export type { ResultHandle, SettledResult } from '../deployer/results.js';
export type { Compute, ComputeDo, ComputeFor, ComputeForForms } from '../deployer/compute-types.js';
export type { AccountInfo, AddedSlices, AttachOptions, RemoteStatus } from '../deployer/deployer.js';
export type { FetchedResult, ResultRange } from '../deployer/fetch-results.js';
export type { InitOptions } from '../deployer/module-deployer.js';
export type { SlicePaymentOffer } from '../deployer/payment.js';
export type { ComputeGroup, JobLimits, PublicInfo } from '../deployer/settings.js';
export type {
  CancelEvent,
  ConsoleEvent,
  ErrorEvent,
  JobEvents,
  JobStatusInfo,
  NoFundsEvent,
  ProgressEvent,
  ReadyState,
  ResultEvent,
  StatusEvent,
} from '../deployer/events.js';
