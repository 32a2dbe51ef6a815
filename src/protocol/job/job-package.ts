/**
 * The job package: everything of a job except its input. Its digest is signed in the payment offer.
 * @module
 */

import type { Digest } from '../messages/messages.js';

/** Bytes in the package itself, or a reference to a blob. */
export type InlineOrBlob = { inline: Uint8Array } | { blob: Digest; bytes: number };

/** How the bytes that a WebAssembly function returns are read: as they are, as JSON, or as UTF-8 text. */
export type WasmResult = 'bytes' | 'json' | 'text';

export interface WasmCall {
  /** The exported function to call. */
  export?: string;
  /** How its result is read. */
  result?: WasmResult;
  /**
   * For a function of bytes: the exported function that allocates memory for the datum, `(i32) → i32`.
   * @default 'alloc', or 'malloc' where there is no `alloc`
   */
  alloc?: string;
  /**
   * For a function of bytes: the exported function that frees the result; it takes a pointer, or a pointer and a length.
   * @default 'dealloc', where there is one
   */
  free?: string;
  /** For a command: the file that has its result when it exits; its standard output goes to the console. */
  output?: string;
  /**
   * For a command: the exit codes, 0 to 255, that mean success.
   * @default [0]
   */
  exitCodes?: number[];
}

/** A compute group by its name; nothing that proves its secret is in a package. */
export interface PackageGroup {
  key: string;
}

export interface JobPackage {
  /** `decodeJobPackage` returns packages of version 1 in this version. */
  version: 2;
  worktime: {
    name: string;
    /** A semver range. */
    range: string;
  };
  /** The job's own worktime: an ES module, which runs in `worktime`. Absent where there is none. */
  customWorktime?: {
    name: string;
    /** As the module declares it. */
    version: string;
    /** UTF-8 text. */
    source: InlineOrBlob;
  };
  /**
   * The work function: UTF-8 text of an expression (JavaScript) or of a module with a function (Python), or bytes for the
   * worktime (a WebAssembly module).
   */
  source: InlineOrBlob;
  /** How the source is read. */
  sourceKind: 'function' | 'module' | 'bytes';
  /** How the worktime `wasm` calls its module, where that is not detected from the module. */
  wasm?: WasmCall;
  /** The encoded array of the arguments that follow the datum. */
  args: InlineOrBlob;
  /** The JobFS bundle; absent where there are no files. */
  fs?: { blob: Digest; bytes: number; cwd: string };
  /** Web origins from which workers fetch its input, sorted; absent where there are none. */
  origins?: string[];
  env: Record<string, string>;
  requirements: Record<string, boolean | number | string>;
  groups: PackageGroup[];
  /** Executions that must agree on a slice. */
  votes: number;
  public: { name: string; description: string; link: string };
  /** `slice`: a new sandbox for each slice; `job`: a sandbox runs many slices of the job. */
  isolation: 'job' | 'slice';
  limits: {
    /** Milliseconds that one slice may take. */
    sliceTimeoutMs: number;
    /** Milliseconds that one slice may take without progress. */
    noProgressMs: number;
  };
}
