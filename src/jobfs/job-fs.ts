/**
 * The virtual file system of a job: the deployer adds files, they are packed once, and every slice sees them at the
 * same paths. Files of the machine are read through a port.
 * @module
 */
import { systemClock } from '../lib/clock.js';
import type { Clock } from '../lib/clock.js';
import { sha256Hex } from '../lib/crypto/sha256.js';
import { Addition } from './addition.js';
import { ENTRIES_MAX } from './limits.js';
import { baseName, comparePaths, HOME, parentsOf, refusePath, resolvePath } from './paths.js';
import { nameOfSource, readSource, refuseSource, snapshot } from './sources.js';
import type { JobFsHost, JobFsSource } from './sources.js';
import { Tree } from './tree.js';

/** A bundle and the working directory in which the job starts. */
export interface PackedFs {
  /** The gzipped tar. */
  bytes: Uint8Array;
  /** SHA-256 of the bytes, 64 hexadecimal digits: equal for equal files. */
  digest: string;
  cwd: string;
}

/** One entry of `list()`. */
export interface ListedEntry {
  path: string;
  kind: 'file' | 'directory';
  /** Size of a file in bytes; 0 for a directory. */
  size: number;
}

/** The files of a job. Paths are POSIX paths; relative ones start at `cwd`, `~` is `/home/pyodide`. */
export class JobFS {
  readonly #host: JobFsHost;
  readonly #clock: Clock;
  readonly #tree = new Tree();
  readonly #additions: Addition<unknown>[] = [];
  #last: Promise<unknown> = Promise.resolve();
  #cwd: string = HOME;
  /** Creates the error for a change of a frozen file system; undefined while changes are allowed. */
  #frozen: (() => Error) | undefined;

  constructor(host: JobFsHost, clock: Clock = systemClock) {
    this.#host = host;
    this.#clock = clock;
    this.#tree.putDirectory(HOME);
  }

  /** The directory where relative paths start, here and in the job. */
  get cwd(): string {
    return this.#cwd;
  }

  /** Whether nothing was added; pending calls of `add` count as added. */
  get isEmpty(): boolean {
    return this.#additions.length === 0 && this.#tree.count === parentsOf(HOME).length + 1;
  }

  /**
   * Adds a file, or a directory with its content, and replaces existing files. Calls are processed in order, so that
   * later files replace earlier ones. `pack` waits for all calls and rejects with an error that no caller awaited.
   * @param source a path of this machine (Node), a `file:` (Node) or `http(s):` URL, bytes or a Blob
   * @param destination the path of the file or directory. If it is a directory (it exists, or the path ends with a
   *   slash), a file is added to it under its own name. Default: the source's own name in `cwd`; bytes have no name and
   *   need a destination.
   * @throws JOBFS_PATH, JOBFS_SOURCE, JOBFS_TOO_LARGE
   */
  add(source: JobFsSource, destination?: string): Promise<this> {
    if (this.#frozen !== undefined) return Promise.reject(this.#frozen());
    const cwd = this.#cwd;
    let frozenSource: JobFsSource;
    let target: string;
    try {
      frozenSource = snapshot(source);
      target = targetOf(source, destination, cwd);
    } catch (error) {
      return this.#queue(() => Promise.reject(error));
    }
    return this.#queue(() => this.#addNow(frozenSource, target));
  }

  /** Creates a directory and its parents. @throws JOBFS_PATH */
  mkdir(path: string): this {
    if (this.#frozen !== undefined) throw this.#frozen();
    this.#tree.putDirectory(resolvePath(path, this.#cwd));
    return this;
  }

  /**
   * Changes the working directory, in which the job starts.
   * @throws JOBFS_PATH if the directory does not exist; await the `add` that creates it first
   */
  chdir(path: string): this {
    if (this.#frozen !== undefined) throw this.#frozen();
    const target = resolvePath(path, this.#cwd);
    if (!this.#tree.isDirectory(target)) {
      refusePath(path, 'is not a directory here (create it with mkdir, or await the add that creates it)');
    }
    this.#cwd = target;
    return this;
  }

  /** The names in a directory, sorted; pending calls of `add` are not included. @throws JOBFS_PATH */
  ls(path = '.'): string[] {
    const target = resolvePath(path, this.#cwd);
    if (!this.#tree.isDirectory(target)) refusePath(path, 'is not a directory here');
    const prefix = target === '/' ? '/' : `${target}/`;
    return this.#tree
      .sorted()
      .map(([entry]) => entry)
      .filter((entry) => entry.startsWith(prefix) && !entry.slice(prefix.length).includes('/'))
      .map(baseName)
      .sort(comparePaths);
  }

  /** All files and directories by absolute path, sorted; pending calls of `add` are not included. */
  list(): ListedEntry[] {
    return this.#tree.sorted().map(([path, entry]) => ({
      path,
      kind: entry.kind,
      size: entry.kind === 'file' ? entry.bytes.length : 0,
    }));
  }

  /** The entries of `list` as indented text, directories with a slash. */
  tree(): string {
    return this.list()
      .map(
        ({ path, kind }) =>
          `${'  '.repeat(parentsOf(path).length)}${baseName(path)}${kind === 'directory' ? '/' : ''}\n`,
      )
      .join('');
  }

  /** The content of a file, decoded as UTF-8. @throws JOBFS_PATH */
  cat(path: string): string {
    const entry = this.#tree.get(resolvePath(path, this.#cwd));
    if (entry?.kind !== 'file') return refusePath(path, 'is not a file here');
    return new TextDecoder().decode(entry.bytes);
  }

  /**
   * Waits for all pending calls of `add` and packs the files.
   * @param more files that are packed with them, by absolute path
   * @throws JOBFS_PATH, JOBFS_TOO_LARGE; the error of an `add` that no caller awaited
   */
  async pack(more: ReadonlyMap<string, Uint8Array> = new Map()): Promise<PackedFs> {
    for (const addition of this.#additions) await addition.settle();
    const cwd = this.#cwd;
    // Compression is loaded only if there are files.
    const { packTree } = await import('./bundle.js');
    const bytes = await packTree(this.#tree.with(more), this.#clock);
    return { bytes, digest: sha256Hex(bytes), cwd };
  }

  /** @internal Rejects all later changes with that error, because they would be lost. */
  freeze(refusal: () => Error): void {
    this.#frozen ??= refusal;
  }

  #queue(work: () => Promise<void>): Promise<this> {
    const outcome = this.#last.then(work).then(() => this);
    // A forgotten `await` must not end the process: `pack` reports the error in that case.
    this.#last = outcome.catch(() => undefined);
    const addition = new Addition(outcome);
    this.#additions.push(addition);
    return addition;
  }

  async #addNow(source: JobFsSource, target: string): Promise<void> {
    const budget = { bytes: this.#tree.bytesLeft, entries: ENTRIES_MAX - this.#tree.count };
    // The source is read completely before anything is added, so that a failure adds nothing.
    for (const entry of await readSource(source, this.#host, budget)) {
      if (entry.kind === 'directory') this.#tree.putDirectory(below(target, entry.path));
      else if (entry.path === '') this.#tree.putFile(this.#placeOf(source, target), entry.bytes);
      else this.#tree.putFile(below(target, entry.path), entry.bytes);
    }
  }

  /** Like `cp`: a file is added to an existing directory under its own name, else it gets the target path. */
  #placeOf(source: JobFsSource, target: string): string {
    if (!target.endsWith('/') && !this.#tree.isDirectory(target)) return target;
    const name = nameOfSource(source);
    if (name === undefined)
      refusePath(target, 'is a directory, but this source has no name of its own: give the path of the file');
    return below(target, name);
  }
}

/** Joins the name of a source to a directory. `~` is not expanded in it. */
function below(directory: string, name: string): string {
  return resolvePath(`./${name}`, directory);
}

/** The absolute destination. It keeps a trailing slash, which marks a directory for a file. */
function targetOf(source: JobFsSource, destination: string | undefined, cwd: string): string {
  if (destination !== undefined) {
    const target = resolvePath(destination, cwd);
    return destination.endsWith('/') && target !== '/' ? `${target}/` : target;
  }
  const name = nameOfSource(source);
  if (name === undefined) {
    refuseSource('This source has no name of its own: give a destination, as in add(bytes, "data.bin").');
  }
  return below(cwd, name);
}
