/**
 * The types of `computeFor` and its kin: what a job gives is read from the work function's signature, and what its
 * arguments must be.
 * @module
 */
import type { RangeBounds } from '../protocol/input/input-sets.js';
import type { Keystore } from '../wallet/keystore.js';
import type { Job } from './job/job.js';
import type { CallOptions } from './arguments/call-options.js';
import type { ConnectionEvents } from './connection/connection-events.js';
import type { RemoteStatus } from './results/status-info.js';
import type { RemoteData } from './upload/remote-input.js';

/** The arguments after the datum: they may be left out where the work function needs none. */
type WorkArgs<A extends unknown[]> = [] extends A ? [args?: Readonly<A>] : [args: Readonly<A>];

type Work<D, A extends unknown[], R> = (datum: D, ...args: A) => R;
type SourceText = string | URL | Uint8Array | ArrayBuffer;

export interface ComputeFor {
  /** Slices whose data are 0 … count - 1. */
  <A extends unknown[], R>(count: number, work: Work<number, A, R>, ...args: WorkArgs<A>): Job<Awaited<R>>;
  /** One slice a `group` numbers of the range; `end` is inclusive. */
  <A extends unknown[], R>(
    range: RangeBounds & { group: number },
    work: Work<number[], A, R>,
    ...args: WorkArgs<A>
  ): Job<Awaited<R>>;
  /** One slice a number of the range; `end` is inclusive. */
  <A extends unknown[], R>(
    range: RangeBounds & { group?: undefined },
    work: Work<number, A, R>,
    ...args: WorkArgs<A>
  ): Job<Awaited<R>>;
  /** A range of which the types do not say whether it is grouped: the work function takes both. */
  <A extends unknown[], R>(
    range: RangeBounds,
    work: Work<number | number[], A, R>,
    ...args: WorkArgs<A>
  ): Job<Awaited<R>>;
  /** One slice an address; the datum is what its worker finds there. */
  <D, A extends unknown[], R>(data: RemoteData, work: Work<D, A, R>, ...args: WorkArgs<A>): Job<Awaited<R>>;
  /** One slice an element. */
  <D, A extends unknown[], R>(
    data: Iterable<D> | AsyncIterable<D>,
    work: Work<D, A, R>,
    ...args: WorkArgs<A>
  ): Job<Awaited<R>>;
  /** A work function given as source, as the address of a module or as its bytes; its types are not known. */
  <R = unknown>(
    data: number | RangeBounds | RemoteData | Iterable<unknown> | AsyncIterable<unknown>,
    work: SourceText,
    args?: ArrayLike<unknown>,
  ): Job<R>;
}

export interface ComputeForForms extends ComputeFor {
  /** `start` to `end`, inclusive, by 1; a range that counts down names its step. */
  <A extends unknown[], R>(
    start: number,
    end: number,
    work: Work<number, A, R>,
    ...args: WorkArgs<A>
  ): Job<Awaited<R>>;
  /** `start` to `end`, inclusive. */
  <A extends unknown[], R>(
    start: number,
    end: number,
    step: number,
    work: Work<number, A, R>,
    ...args: WorkArgs<A>
  ): Job<Awaited<R>>;
  <R = unknown>(start: number, end: number, work: SourceText, args?: ArrayLike<unknown>): Job<R>;
  <R = unknown>(
    start: number,
    end: number,
    step: number,
    work: SourceText,
    args?: ArrayLike<unknown>,
  ): Job<R>;
}

export interface ComputeDo {
  /** `count` slices; the datum is the slice's number minus one. */
  <A extends unknown[], R>(count: number, work: Work<number, A, R>, ...args: WorkArgs<A>): Job<Awaited<R>>;
  /** One slice. */
  <A extends unknown[], R>(work: Work<number, A, R>, ...args: WorkArgs<A>): Job<Awaited<R>>;
  <R = unknown>(count: number, work: SourceText, args?: ArrayLike<unknown>): Job<R>;
  <R = unknown>(work: SourceText, args?: ArrayLike<unknown>): Job<R>;
}

export interface Compute {
  for: ComputeForForms;
  do: ComputeDo;
  /** Stops a job for good. As in DCP a keystore may stand before the reason; it is not needed. */
  cancel(job: string | Job, reason?: string): Promise<RemoteStatus>;
  cancel(job: string | Job, keystore: Keystore | undefined, reason?: string): Promise<RemoteStatus>;
  /** @throws JOB_UNKNOWN, NOT_OWNER */
  status(job: string | Job): Promise<RemoteStatus>;
  /** The jobs of this identity at the scheduler, the newest first, a page at a time. @throws INVALID_ARGUMENT */
  list(options?: ListOptions): Promise<JobPage>;
  /** Hears when the connection to the scheduler is lost and when it is there again. */
  on<K extends keyof ConnectionEvents>(name: K, listener: (event: ConnectionEvents[K]) => void): void;
  off<K extends keyof ConnectionEvents>(name: K, listener: (event: ConnectionEvents[K]) => void): void;
}

export interface ListOptions extends CallOptions {
  /** Only jobs older than that one: the last of the page before. */
  after?: string | undefined;
  /** Jobs at most, 1 to 100. @default 20 */
  limit?: number | undefined;
}

/** A job among others. */
export interface ListedJob extends RemoteStatus {
  owner: string;
  /** Its public name. */
  name: string;
  /** Wall time of its deployment, milliseconds. */
  createdMs: number;
  /** Units a slice. */
  price: bigint;
}

export interface JobPage {
  jobs: ListedJob[];
  /** Whether there are older ones. */
  more: boolean;
}
