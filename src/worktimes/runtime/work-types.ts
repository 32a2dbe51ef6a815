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
  /**
   * Emits an event to whoever follows the job: `job.work.on(name, (event) => …)` gets the value as `event.data`. Best effort:
   * returns false, and sends nothing, past 100 events a second. The value has at most 32 KiB.
   * @throws INVALID_ARGUMENT, LIMIT_EXCEEDED, VALUE_NOT_CLONEABLE
   */
  emit(name: string, value?: unknown): boolean;
  /**
   * Gives the slice back: another worker gets it, and it fails with `WORK_REJECTED` where independent workers gave it back too.
   * `retries`: how often it is tried again here first. It throws, so that nothing after it runs.
   */
  reject(reason?: string | false, retries?: number): never;
  /**
   * Stores a state (a value of at most 256 KiB) from which another worker goes on if this one is lost: it gets the last one
   * that was stored as `work.state`. Resolves with whether it was stored: call it as often as you like, since no more than one
   * a second is.
   * @throws LIMIT_EXCEEDED, VALUE_NOT_CLONEABLE
   */
  checkpoint(state: unknown): Promise<boolean>;
  /** What an earlier attempt at this slice stored with `work.checkpoint`; undefined for none. */
  readonly state: unknown;
}
