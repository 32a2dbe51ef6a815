/**
 * Types of what a JavaScript work function finds in its global scope: `import 'manyhands/work'` in a file that
 * holds work functions. There is no runtime code here; a worker's sandbox defines these names.
 * @module
 */

export type { CustomRuntime, CustomWorktimeModule, WorktimePlace } from './custom/contract.js';

/** The job's files; a relative path starts at the job's directory, `~` is `/home/pyodide`. */
export interface WorkJobFS {
  /** A copy of the file's bytes. Throws JOBFS_PATH where there is none. */
  readFile(path: string): Uint8Array;
  /** The file as UTF-8 text. Throws JOBFS_PATH where there is none. */
  readTextFile(path: string): string;
  /** Names in a directory, sorted. */
  list(path?: string): string[];
  exists(path: string): boolean;
}

/** What a work function may know of its job. */
export interface WorkInfo {
  readonly job: {
    /** Absent where the worker does not tell. */
    readonly id?: string;
    readonly public: { readonly name: string; readonly description: string; readonly link: string };
  };
  /** The job's environment variables. */
  readonly env: Readonly<Record<string, string>>;
}

declare global {
  /**
   * Says that the slice goes on: a fraction from 0 to 1, a text such as '50%', or nothing where it is not known.
   * What is out of range or goes backwards counts as not known. At most one message each 100 ms is sent.
   */
  function progress(value?: number | string): true;
  /** The job. */
  const work: WorkInfo;
  /** The job's files. */
  const jobfs: WorkJobFS;
}
