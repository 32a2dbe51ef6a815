/**
 * A job's virtual file system: files from anywhere, put together by the deployer, packed once, seen by every
 * slice at the same paths. It never touches the machine itself; that is the host's, a port.
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

/** A bundle, and the working directory that its job starts in. */
export interface PackedFs {
  /** A gzipped tar. */
  bytes: Uint8Array;
  /** SHA-256 of the bytes, 64 hexadecimal digits: the same for the same files. */
  digest: string;
  cwd: string;
}

/** One line of `list()`. */
export interface ListedEntry {
  path: string;
  kind: 'file' | 'directory';
  /** Bytes of a file; 0 for a directory. */
  size: number;
}

/** A job's files. Paths are POSIX; relative ones count from `cwd`, `~` is `/home/pyodide`. */
export class JobFS {
  readonly #host: JobFsHost;
  readonly #clock: Clock;
  readonly #tree = new Tree();
  readonly #additions: Addition<unknown>[] = [];
  #last: Promise<unknown> = Promise.resolve();
  #cwd: string = HOME;
  /** Why nothing more can be put in; undefined while it can. */
  #frozen: (() => Error) | undefined;

  constructor(host: JobFsHost, clock: Clock = systemClock) {
    this.#host = host;
    this.#clock = clock;
    this.#tree.putDirectory(HOME);
  }

  /** Where relative paths start, here and in the job. */
  get cwd(): string {
    return this.#cwd;
  }

  /** Whether nothing was put in; what is still being added counts as put in. */
  get isEmpty(): boolean {
    return this.#additions.length === 0 && this.#tree.count === parentsOf(HOME).length + 1;
  }

  /**
   * Adds a file or a directory with all in it, over what is there. One after the other: what was added later
   * wins. `pack` waits for all, and rejects with an error that nobody waited for.
   * @param source a path of this machine (Node), a `file:` (Node) or `http(s):` URL, bytes or a Blob
   * @param destination where it gets; a file gets into a directory under its own name (a slash at the end says that it is one). Default: the
   *   source's own name in `cwd`. Bytes have none, so they need one.
   * @throws JOBFS_PATH, JOBFS_SOURCE, JOBFS_TOO_LARGE
   */
  add(source: JobFsSource, destination?: string): Promise<this> {
    if (this.#frozen !== undefined) return Promise.reject(this.#frozen());
    const cwd = this.#cwd;
    let taken: JobFsSource;
    let target: string;
    try {
      taken = snapshot(source);
      target = targetOf(source, destination, cwd);
    } catch (error) {
      return this.#queue(() => Promise.reject(error));
    }
    return this.#queue(() => this.#addNow(taken, target));
  }

  /** Makes a directory and those above it. @throws JOBFS_PATH */
  mkdir(path: string): this {
    if (this.#frozen !== undefined) throw this.#frozen();
    this.#tree.putDirectory(resolvePath(path, this.#cwd));
    return this;
  }

  /**
   * Changes the working directory, which the job starts in.
   * @throws JOBFS_PATH where there is no such directory; wait for what adds it first
   */
  chdir(path: string): this {
    if (this.#frozen !== undefined) throw this.#frozen();
    const target = resolvePath(path, this.#cwd);
    if (!this.#tree.isDirectory(target)) {
      refusePath(path, 'is no directory here (make it with mkdir, or wait for the add that brings it)');
    }
    this.#cwd = target;
    return this;
  }

  /** Names in a directory, sorted; of what has been added by now. @throws JOBFS_PATH */
  ls(path = '.'): string[] {
    const target = resolvePath(path, this.#cwd);
    if (!this.#tree.isDirectory(target)) refusePath(path, 'is no directory here');
    const prefix = target === '/' ? '/' : `${target}/`;
    return this.#tree
      .sorted()
      .map(([entry]) => entry)
      .filter((entry) => entry.startsWith(prefix) && !entry.slice(prefix.length).includes('/'))
      .map(baseName)
      .sort(comparePaths);
  }

  /** Every file and directory by absolute path, sorted; of what has been added by now. */
  list(): ListedEntry[] {
    return this.#tree.sorted().map(([path, entry]) => ({
      path,
      kind: entry.kind,
      size: entry.kind === 'file' ? entry.bytes.length : 0,
    }));
  }

  /** `list` as an indented text, directories with a slash. */
  tree(): string {
    return this.list()
      .map(
        ({ path, kind }) =>
          `${'  '.repeat(parentsOf(path).length)}${baseName(path)}${kind === 'directory' ? '/' : ''}\n`,
      )
      .join('');
  }

  /** The text of a file, as UTF-8. @throws JOBFS_PATH */
  cat(path: string): string {
    const entry = this.#tree.get(resolvePath(path, this.#cwd));
    if (entry?.kind !== 'file') return refusePath(path, 'is no file here');
    return new TextDecoder().decode(entry.bytes);
  }

  /**
   * Waits for everything added so far, and packs it.
   * @throws JOBFS_TOO_LARGE; the error of an `add` that nobody waited for
   */
  async pack(): Promise<PackedFs> {
    for (const addition of this.#additions) await addition.settle();
    const cwd = this.#cwd;
    // Compression is loaded when there are files.
    const { packTree } = await import('./bundle.js');
    const bytes = await packTree(this.#tree, this.#clock);
    return { bytes, digest: sha256Hex(bytes), cwd };
  }

  /** @internal From now on it stays as it is: what is put in later would be lost, and is refused with that error. */
  freeze(refusal: () => Error): void {
    this.#frozen ??= refusal;
  }

  #queue(work: () => Promise<void>): Promise<this> {
    const outcome = this.#last.then(work).then(() => this);
    // A forgotten `await` must not end the process: `pack` tells the error then.
    this.#last = outcome.catch(() => undefined);
    const addition = new Addition(outcome);
    this.#additions.push(addition);
    return addition;
  }

  async #addNow(source: JobFsSource, target: string): Promise<void> {
    const budget = { bytes: this.#tree.bytesLeft, entries: ENTRIES_MAX - this.#tree.count };
    // Read first, put then: a source that fails leaves nothing half done.
    for (const entry of await readSource(source, this.#host, budget)) {
      if (entry.kind === 'directory') this.#tree.putDirectory(below(target, entry.path));
      else if (entry.path === '') this.#tree.putFile(this.#placeOf(source, target), entry.bytes);
      else this.#tree.putFile(below(target, entry.path), entry.bytes);
    }
  }

  /** As with `cp`: a file goes into a directory under its own name, else it becomes the target. */
  #placeOf(source: JobFsSource, target: string): string {
    if (!target.endsWith('/') && !this.#tree.isDirectory(target)) return target;
    const name = nameOfSource(source);
    if (name === undefined)
      refusePath(target, 'is a directory, and this source has no name of its own: give the path of the file');
    return below(target, name);
  }
}

/** A name of a source is only a name: `~` means nothing in it. */
function below(directory: string, name: string): string {
  return resolvePath(`./${name}`, directory);
}

/** The absolute destination; it keeps a slash at its end, which says that a file goes into it. */
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
