/**
 * The types of `computeFor`, `compute.for` and `compute.do`. The result type of the job and the types of its arguments
 * are inferred from the signature of the work function.
 * @module
 */
import type {
  MultiRanges,
  RangeMember,
  RangeTuple,
  MemberDatum,
  SparseRanges,
} from '../protocol/input/combined-ranges.js';
import type { RangeBounds } from '../protocol/input/range-forms.js';
import type { RemoteDataSet } from '../protocol/input/remote-sets.js';
import type { Keystore } from '../wallet/keystore.js';
import type { Job } from './job/job.js';
import type { CallSettings } from './package/library-imports.js';
import type { CallOptions } from '../client/jobs/call-options.js';
import type { JobPage, ListOptions } from '../client/jobs/list-jobs.js';
import type { ConnectionEvents } from './connection/connection-events.js';
import type { RemoteStatus } from '../client/jobs/status-info.js';
import type { Settings } from './config/settings.js';
import type { ExecOptions } from './package/payment.js';
import type { RemoteData } from './call/remote-input.js';

/** The arguments after the datum. They are optional if the work function requires none. */
type WorkArgs<A extends unknown[]> = [] extends A
  ? [args?: Given<A>, settings?: CallSettings]
  : [args: Given<A>, settings?: CallSettings];
/** Arguments as they are passed: an address is fetched, and a file is read, when the job is deployed. */
type Given<A extends unknown[]> = { readonly [K in keyof A]: A[K] | URL | BlobLike } | RemoteDataSet;

type Work<D, A extends unknown[], R> = (datum: D, ...args: A) => R;
type SourceText = string | URL | Uint8Array | ArrayBuffer;

/** A `Blob` or `File`, without the types of the DOM. */
interface BlobLike {
  readonly size: number;
  readonly type: string;
  arrayBuffer(): Promise<ArrayBuffer>;
}
/** Nothing fits where the type of the data is `any` or `never`. */
type Known<B> = [B] extends [never] ? never : 0 extends 1 & B ? never : unknown;

/** All forms of input. */
type InputData =
  number | RangeBounds | MultiRanges | SparseRanges | RemoteData | Iterable<unknown> | AsyncIterable<unknown>;

/** The type of a work function's module: `typeof import('./work.js')`. */
interface WorkModule {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a parameter of type unknown would fit no function
  default: (datum: any, ...args: any[]) => unknown;
}

/** The data that a module's work function takes, and its arguments after the datum. */
type DatumOf<M extends WorkModule> = Parameters<M['default']>[0];
type ArgsOf<M extends WorkModule> = Parameters<M['default']> extends [unknown?, ...infer A] ? A : never;

export interface ComputeFor {
  /** Slices whose data are 0 … count - 1. */
  <A extends unknown[], R>(count: number, work: Work<number, A, R>, ...args: WorkArgs<A>): Job<Awaited<R>>;
  /** One slice for each `group` numbers of the range; `end` is inclusive. */
  <A extends unknown[], R>(
    range: RangeBounds & { group: number },
    work: Work<number[], A, R>,
    ...args: WorkArgs<A>
  ): Job<Awaited<R>>;
  /** One slice for each number of the range; `end` is inclusive. */
  <A extends unknown[], R>(
    range: RangeBounds & { group?: undefined },
    work: Work<number, A, R>,
    ...args: WorkArgs<A>
  ): Job<Awaited<R>>;
  /** A range whose type does not tell whether it is grouped: the work function must accept both forms. */
  <A extends unknown[], R>(
    range: RangeBounds,
    work: Work<number | number[], A, R>,
    ...args: WorkArgs<A>
  ): Job<Awaited<R>>;
  /** All combinations of several ranges: the datum is an array of one datum of each. The last range changes fastest. */
  <const M extends readonly RangeMember[], A extends unknown[], R>(
    data: MultiRanges<M>,
    work: Work<RangeTuple<M>, A, R>,
    ...args: WorkArgs<A>
  ): Job<Awaited<R>>;
  /** Several ranges, one after another. */
  <const S extends readonly RangeBounds[], A extends unknown[], R>(
    data: SparseRanges<S>,
    work: Work<MemberDatum<S[number]>, A, R>,
    ...args: WorkArgs<A>
  ): Job<Awaited<R>>;
  /** One slice for each URL; the datum is the content that the worker downloads from it. */
  <D, A extends unknown[], R>(data: RemoteData, work: Work<D, A, R>, ...args: WorkArgs<A>): Job<Awaited<R>>;
  /** One slice for each file; the datum is its bytes. */
  <B extends BlobLike, A extends unknown[], R>(
    data: (Iterable<B> | AsyncIterable<B>) & Known<B>,
    work: Work<Uint8Array, A, R>,
    ...args: WorkArgs<A>
  ): Job<Awaited<R>>;
  /** One slice for each element. */
  <D, A extends unknown[], R>(
    data: Iterable<D> | AsyncIterable<D>,
    work: Work<D, A, R>,
    ...args: WorkArgs<A>
  ): Job<Awaited<R>>;
  /** A module by URL, of a known type: `computeFor<typeof import('./work.js')>(data, new URL('./work.js', import.meta.url))`. */
  <M extends WorkModule>(
    data: Iterable<DatumOf<M>> | AsyncIterable<DatumOf<M>> | number | RangeBounds | RemoteData,
    work: URL,
    ...args: WorkArgs<ArgsOf<M>>
  ): Job<Awaited<ReturnType<M['default']>>>;
  /** A work function given as source text, as the URL of a module or as bytes; its types are unknown. */
  <R = unknown>(
    data: InputData,
    work: [R] extends [WorkModule] ? never : SourceText,
    args?: ArrayLike<unknown> | RemoteDataSet,
    settings?: CallSettings,
  ): Job<R>;
}

export interface ComputeForForms extends ComputeFor {
  /** The numbers from `start` to `end`, inclusive, in steps of 1. A descending range must give its step. */
  <A extends unknown[], R>(
    start: number,
    end: number,
    work: Work<number, A, R>,
    ...args: WorkArgs<A>
  ): Job<Awaited<R>>;
  /** The numbers from `start` to `end`, inclusive, in steps of `step`. */
  <A extends unknown[], R>(
    start: number,
    end: number,
    step: number,
    work: Work<number, A, R>,
    ...args: WorkArgs<A>
  ): Job<Awaited<R>>;
  <R = unknown>(
    start: number,
    end: number,
    work: SourceText,
    args?: ArrayLike<unknown> | RemoteDataSet,
    settings?: CallSettings,
  ): Job<R>;
  <R = unknown>(
    start: number,
    end: number,
    step: number,
    work: SourceText,
    args?: ArrayLike<unknown> | RemoteDataSet,
    settings?: CallSettings,
  ): Job<R>;
}

export interface ComputeDo {
  /** `count` slices; the datum is the slice's number minus one. */
  <A extends unknown[], R>(count: number, work: Work<number, A, R>, ...args: WorkArgs<A>): Job<Awaited<R>>;
  /** One slice. */
  <A extends unknown[], R>(work: Work<number, A, R>, ...args: WorkArgs<A>): Job<Awaited<R>>;
  <R = unknown>(count: number, work: SourceText, args?: ArrayLike<unknown>, settings?: CallSettings): Job<R>;
  <R = unknown>(work: SourceText, args?: ArrayLike<unknown>, settings?: CallSettings): Job<R>;
}

/** The options of `map`: those of `exec`, and any setting of a job. */
export type MapOptions = ExecOptions & Partial<Settings>;

/** All results in the order of the data; in a `for await` loop each as soon as those before it are there. */
export type Mapped<T> = Promise<T[]> & AsyncIterable<T> & { readonly job: Job<T> };

type MapArgs<A extends unknown[]> = [] extends A
  ? [args?: Given<A>, options?: MapOptions]
  : [args: Given<A>, options?: MapOptions];

/**
 * Computes `work` on each datum: a job in one line. Rejects like `job.exec`, with SLICES_FAILED at the first slice that failed
 * in a loop; leaving the loop cancels the job.
 */
export interface MapFunction {
  /** Slices whose data are 0 … count - 1. */
  <A extends unknown[], R>(count: number, work: Work<number, A, R>, ...rest: MapArgs<A>): Mapped<Awaited<R>>;
  /** One slice for each `group` numbers of the range; `end` is inclusive. */
  <A extends unknown[], R>(
    range: RangeBounds & { group: number },
    work: Work<number[], A, R>,
    ...rest: MapArgs<A>
  ): Mapped<Awaited<R>>;
  /** One slice for each number of the range; `end` is inclusive. */
  <A extends unknown[], R>(
    range: RangeBounds & { group?: undefined },
    work: Work<number, A, R>,
    ...rest: MapArgs<A>
  ): Mapped<Awaited<R>>;
  /** One slice for each URL; the datum is the content that the worker downloads from it. */
  <D, A extends unknown[], R>(data: RemoteData, work: Work<D, A, R>, ...rest: MapArgs<A>): Mapped<Awaited<R>>;
  /** One slice for each file; the datum is its bytes. */
  <B extends BlobLike, A extends unknown[], R>(
    data: (Iterable<B> | AsyncIterable<B>) & Known<B>,
    work: Work<Uint8Array, A, R>,
    ...rest: MapArgs<A>
  ): Mapped<Awaited<R>>;
  /** One slice for each element. */
  <D, A extends unknown[], R>(
    data: Iterable<D> | AsyncIterable<D>,
    work: Work<D, A, R>,
    ...rest: MapArgs<A>
  ): Mapped<Awaited<R>>;
  /** A work function given as source text, as the URL of a module or as bytes; its types are unknown. */
  <R = unknown>(
    data: number | RangeBounds | RemoteData | Iterable<unknown> | AsyncIterable<unknown>,
    work: SourceText,
    args?: ArrayLike<unknown> | RemoteDataSet,
    options?: MapOptions,
  ): Mapped<R>;
}

export interface Compute {
  for: ComputeForForms;
  do: ComputeDo;
  /**
   * Cancels a job permanently. As in DCP a keystore may precede the reason; it is not needed.
   * @throws JOB_UNKNOWN, NOT_OWNER, ABORTED, TIMEOUT
   */
  cancel(job: string | Job, reason?: string, options?: CallOptions): Promise<RemoteStatus>;
  cancel(
    job: string | Job,
    keystore: Keystore | undefined,
    reason?: string,
    options?: CallOptions,
  ): Promise<RemoteStatus>;
  /** @throws JOB_UNKNOWN, NOT_OWNER, ABORTED, TIMEOUT */
  status(job: string | Job, options?: CallOptions): Promise<RemoteStatus>;
  /** DCP's name for `status`. @throws JOB_UNKNOWN, NOT_OWNER, ABORTED, TIMEOUT */
  getJobInfo(job: string | Job, options?: CallOptions): Promise<RemoteStatus>;
  /** Lists the jobs of this identity at the scheduler, newest first, one page at a time. @throws INVALID_ARGUMENT */
  list(options?: ListOptions): Promise<JobPage>;
  /** Listens to the loss and the return of the connection to the scheduler. */
  on<K extends keyof ConnectionEvents>(name: K, listener: (event: ConnectionEvents[K]) => void): void;
  off<K extends keyof ConnectionEvents>(name: K, listener: (event: ConnectionEvents[K]) => void): void;
}
