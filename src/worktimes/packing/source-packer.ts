/**
 * The interface between the deployer and the part of a worktime that packs work functions: it converts what the user passed to
 * the source that is shipped, and refuses what no sandbox could run.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import type { JobPackage, WasmCall } from '../../protocol/job/job-package.js';
import type { WorktimeDescriptor } from '../runtime/descriptor.js';

/** A work function as the user passed it; a URL has been downloaded. */
export type GivenSource =
  /** The text of a JavaScript function. */
  | { readonly kind: 'function'; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bytes' | 'download'; readonly bytes: Uint8Array };

export interface PackContext {
  /** What an error message calls the worktime. */
  readonly worktime: string;
  /** The worktimes that an error message can suggest. */
  readonly worktimes: readonly WorktimeDescriptor[];
  /** `job.wasm`. */
  readonly wasm?: WasmCall;
  /** The names of `job.capture`. */
  readonly captured?: readonly string[];
  /** Whether the source is the output of the bundler. */
  readonly isBundle?: boolean;
}

export interface PackedSource {
  readonly bytes: Uint8Array;
  readonly sourceKind: JobPackage['sourceKind'];
}

/** @throws WORK_FUNCTION_INVALID, or rejects with it */
export type SourcePacker = (
  source: GivenSource,
  context: PackContext,
) => PackedSource | Promise<PackedSource>;

export function invalidSource(what: string, advice: string): ManyhandsError<'WORK_FUNCTION_INVALID'> {
  return new ManyhandsError(
    'WORK_FUNCTION_INVALID',
    `This work function cannot be shipped: ${what}. ${advice}`,
  );
}

/** The error for a JavaScript function that is passed to a worktime of another language. */
export function notJavaScript(
  { worktime }: PackContext,
  advice = 'Pass its source as a string or as a URL.',
): ManyhandsError<'WORK_FUNCTION_INVALID'> {
  return invalidSource(`${worktime} does not run JavaScript functions`, advice);
}

/** The error for bytes that are passed to a worktime whose sources are text. */
export function notBytes({ worktime }: PackContext): ManyhandsError<'WORK_FUNCTION_INVALID'> {
  return invalidSource(`${worktime} does not run bytes`, 'Pass its source as a string or as a URL.');
}
