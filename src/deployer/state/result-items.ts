/**
 * The forms in which the outcomes of slices are given out, and what gives them.
 * @module
 */
import type { CallOptions } from '../../client/jobs/call-options.js';

/** Slice numbers: `[from, to]` or a range; both ends are included. */
export type ResultRange = readonly [from: number, to: number] | { start: number; end: number; step?: number };

export type FetchedResult<T> =
  { slice: number; value: T; error?: undefined } | { slice: number; value?: undefined; error: Error };

/** The outcome of one slice: its result, or the error with which it failed permanently. */
export type ResultItem<T> =
  | { readonly sliceNumber: number; readonly result: T; readonly error?: undefined }
  | { readonly sliceNumber: number; readonly result?: undefined; readonly error: Error };

export interface StreamOptions extends CallOptions {
  /** The slice to begin with. @default 1 */
  start?: number;
  /**
   * What a slice that failed permanently does: `'throw'` ends the loop with `SLICES_FAILED`, `'skip'` leaves it out,
   * `'include'` yields `{ sliceNumber, result }` or `{ sliceNumber, error }` for each slice.
   * @default 'throw'
   */
  failed?: 'throw' | 'skip' | 'include';
}

/** Reads results for the handle of a job, wherever they are. */
export interface ResultReader<T> {
  stream(options: StreamOptions | undefined): AsyncGenerator<T | ResultItem<T>, void, undefined>;
  fetch(range: ResultRange | undefined, options: CallOptions | undefined): Promise<FetchedResult<T>[]>;
  /** The number of the first slice whose datum that is. @throws INVALID_ARGUMENT */
  sliceOf(datum: unknown): number;
}
