/**
 * The file system of a WASI module: the job's files, read only, devices, and a directory in memory to write to. The tree is
 * made once; its writable part is made again for each instance.
 * @module
 */
import { resolvePath } from '../../jobfs/paths.js';
import type { JobFileEntry } from '../runtime/runtime.js';
import { OpenDirectory, OpenFile, type Descriptor } from './wasi/descriptors.js';
import { DeviceNode, DirectoryNode, FileNode, type DeviceKind } from './wasi/inodes.js';

/** The writable directory. For each slice of a command it holds what the job packed there, usually nothing. */
const SCRATCH_NAME = 'tmp';
const SCRATCH = `/${SCRATCH_NAME}`;

const DEVICES: Readonly<Record<string, DeviceKind>> = {
  null: 'null',
  zero: 'zero',
  random: 'random',
  urandom: 'random',
  stdin: 'stdin',
  stdout: 'stdout',
  stderr: 'stderr',
};

/** The files of a job, for one instance at a time. */
export class JobFileTree {
  readonly root = new DirectoryNode(undefined, true);
  readonly #cwd: string;
  readonly #files: ReadonlyMap<string, JobFileEntry>;

  constructor(files: ReadonlyMap<string, JobFileEntry>, cwd: string) {
    this.#files = files;
    this.#cwd = cwd;
    const dev = this.#directory('/dev', true);
    for (const [name, kind] of Object.entries(DEVICES)) dev.put(name, new DeviceNode(kind));
    for (const [path, entry] of files) if (!isScratch(path)) this.#put(path, entry, true);
    this.reset();
  }

  /** Restores the writable directory for another instance. */
  reset(): void {
    this.root.put(SCRATCH_NAME, new DirectoryNode(this.root));
    for (const [path, entry] of this.#files) if (isScratch(path)) this.#put(path, entry, false);
    this.#directory(this.#cwd, !isScratch(this.#cwd));
  }

  /**
   * The preopened directories of an instance: the job's directory, which languages with a working directory use as such,
   * and the root.
   */
  openDirectories(): Descriptor[] {
    const cwd = this.#directory(this.#cwd, true);
    if (cwd === this.root) return [new OpenDirectory(this.root, { name: '/' })];
    return [
      new OpenDirectory(cwd, { name: this.#cwd }),
      new OpenDirectory(this.root, { name: '/', fallback: cwd }),
    ];
  }

  /** A file by an absolute path, or one relative to the job's directory; undefined where there is none. */
  file(path: string): FileNode | undefined {
    let at: DirectoryNode = this.root;
    const parts = resolvePath(path, this.#cwd).split('/').slice(1);
    const name = parts.pop()!;
    for (const part of parts) {
      const next = at.entries.get(part);
      if (!(next instanceof DirectoryNode)) return undefined;
      at = next;
    }
    const found = at.entries.get(name);
    return found instanceof FileNode ? found : undefined;
  }

  #put(path: string, entry: JobFileEntry, isReadOnly: boolean): void {
    if (entry.kind === 'directory') return void this.#directory(path, isReadOnly);
    const slash = path.lastIndexOf('/');
    const parent = this.#directory(path.slice(0, slash), isReadOnly);
    parent.put(path.slice(slash + 1), new FileNode(entry.bytes, isReadOnly));
  }

  #directory(path: string, isReadOnly: boolean): DirectoryNode {
    let at = this.root;
    for (const name of path.split('/').filter((part) => part !== '')) {
      let next = at.entries.get(name);
      if (!(next instanceof DirectoryNode)) {
        next = new DirectoryNode(at, isReadOnly);
        at.put(name, next);
      }
      at = next;
    }
    return at;
  }
}

/** A descriptor to read `bytes` from. */
export function inputStream(bytes: Uint8Array): Descriptor {
  return new OpenFile(new FileNode(bytes, true), { isReading: true, isWriting: false, flags: 0 });
}

function isScratch(path: string): boolean {
  return path === SCRATCH || path.startsWith(`${SCRATCH}/`);
}
