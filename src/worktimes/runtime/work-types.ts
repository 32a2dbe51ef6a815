/**
 * Types of the globals of a work function.
 * @module
 */

/** The job's files; a relative path starts at the job's directory, `~` is `/home/pyodide`. */
export interface WorkJobFS {
  /** Returns a copy of the file's bytes. @throws JOBFS_PATH where there is no such file */
  readFile(path: string): Uint8Array;
  /** Returns the file as UTF-8 text. @throws JOBFS_PATH where there is no such file */
  readTextFile(path: string): string;
  /** Returns the names in a directory, sorted. */
  list(path?: string): string[];
  /** Whether there is a file or directory of that path. */
  exists(path: string): boolean;
}

/** Information for a work function about its job. */
export interface WorkInfo {
  readonly job: {
    /** Absent where the worker does not reveal it. */
    readonly id?: string;
    readonly public: { readonly name: string; readonly description: string; readonly link: string };
  };
  /**
   * Returns an npm library that was named when the job was deployed, by its name there. It is evaluated once for all slices
   * of a sandbox. The type is that of the module: `work.require<typeof import('mathjs')>('mathjs')`.
   * @throws INVALID_ARGUMENT where the job has no library of that name
   */
  require<T = unknown>(name: string): T;
  /** The job's environment variables. */
  readonly env: Readonly<Record<string, string>>;
}
