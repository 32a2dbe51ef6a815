/**
 * The job package: what is signed and shipped, without the input.
 * @module
 */

import type { Digest } from '../messages/messages.js';

/** A value that is here, or a blob that has its encoding. */
export type InlineOrBlob = { inline: Uint8Array } | { blob: Digest; bytes: number };

/** What a work function of WebAssembly gives: a JSON text is parsed, a text is UTF-8. */
export type WasmResult = 'bytes' | 'json' | 'text';

export interface WasmCall {
  /** The exported function that is called. */
  export?: string;
  /** What the bytes that it gives are. */
  result?: WasmResult;
  /**
   * Of a function of bytes: the exported function that gives room for the datum, `(i32) → i32`.
   * @default 'alloc', or 'malloc' where there is no `alloc`
   */
  alloc?: string;
  /**
   * Of a function of bytes: the exported function that frees its result, of a pointer, or of a pointer and a length.
   * @default 'dealloc', where there is one
   */
  free?: string;
  /** Of a command: the file that holds its result once it ended; what it prints goes to the console. */
  output?: string;
  /**
   * Of a command: the exit codes, 0 to 255, with which it succeeds.
   * @default [0]
   */
  exitCodes?: number[];
}

/** A compute group by its name; what proves its secret is never in a package. */
export interface PackageGroup {
  key: string;
}

export interface JobPackage {
  version: 1;
  worktime: {
    name: string;
    /** A semver range. */
    range: string;
  };
  /** A worktime that the job brings along: an ES module, which `worktime` runs. Absent where there is none. */
  customWorktime?: {
    name: string;
    /** As the module itself says it. */
    version: string;
    /** UTF-8 text. */
    source: InlineOrBlob;
  };
  /**
   * The work function: UTF-8 text of an expression (JavaScript) or of a module with a function (Python), or bytes that
   * the worktime can read (a WebAssembly module).
   */
  source: InlineOrBlob;
  /** How the source is to be read. */
  sourceKind: 'function' | 'module' | 'bytes';
  /** How the worktime `wasm` is to call its module, where that is not left to the module. */
  wasm?: WasmCall;
  /** The encoded array of arguments after the datum. */
  args: InlineOrBlob;
  /** The JobFS bundle; absent where there are no files. */
  fs?: { blob: Digest; bytes: number; cwd: string };
  /** Where its input may come from besides the scheduler, sorted; absent where from nowhere. */
  origins?: string[];
  env: Record<string, string>;
  requirements: Record<string, boolean | number | string>;
  groups: PackageGroup[];
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
