/**
 * What a work function finds in its global scope, as types.
 * @module
 */

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
