/**
 * The job package: what is signed and shipped, without the input. `encodeJobPackage` is canonical (fixed field
 * order), so its SHA-256 is the job's digest.
 * @module
 */
import type { Digest, GroupKey } from './messages.js';

/** A value that is here, or a blob that has its encoding. */
export type InlineOrBlob = { inline: Uint8Array } | { blob: Digest; bytes: number };

export interface JobPackage {
  version: 1;
  worktime: {
    name: string;
    /** A semver range. */
    range: string;
  };
  /** UTF-8 source of the work function: an expression (JavaScript) or a module with a function (Python). */
  source: InlineOrBlob;
  /** How the source is to be read. */
  sourceKind: 'function' | 'module';
  /** The encoded array of arguments after the datum. */
  args: InlineOrBlob;
  /** The JobFS bundle; absent where there are no files. */
  fs?: { blob: Digest; bytes: number; cwd: string };
  env: Record<string, string>;
  requirements: Record<string, boolean | number | string>;
  groups: GroupKey[];
  /** Executions that must agree on a slice. */
  votes: number;
  public: { name: string; description: string; link: string };
  /** `slice`: a fresh realm for each slice. */
  isolation: 'job' | 'slice';
  limits: {
    /** Milliseconds. */
    sliceMs: number;
    /** Milliseconds without a sign of progress. */
    noProgressMs: number;
  };
}
