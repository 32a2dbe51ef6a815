/**
 * The file system that a module of WASI finds: the job's files, which nobody can change, devices, and a directory in
 * memory to write to. The tree is made once; what can be written to is made anew for each instance.
 * @module
 */
import { resolvePath } from '../../jobfs/paths.js';
import type { JobFileEntry } from '../runtime/runtime.js';
import { OpenDirectory, OpenFile, type Descriptor } from './wasi/descriptors.js';
import { DeviceNode, DirectoryNode, FileNode, type DeviceKind } from './wasi/inodes.js';

/** Where a command may write; each slice of a command finds it as the job packed it, which mostly is empty. */
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

/** The tree of a job, for one instance at a time. */
export class JobTree {
  readonly root = new DirectoryNode(undefined, true);
  readonly #cwd: string;
  readonly #files: ReadonlyMap<string, JobFileEntry>;

  constructor(files: ReadonlyMap<string, JobFileEntry>, cwd: string) {
    this.#files = files;
    this.#cwd = cwd;
    const dev = this.#directory('/dev', true);
    for (const [name, kind] of Object.entries(DEVICES)) dev.put(name, new DeviceNode(kind));
    for (const [path, entry] of files) if (!isScratch(path)) this.#put(path, entry, true);
    this.renew();
  }

  /** Makes what can be written to anew: another instance begins. */
  renew(): void {
    this.root.put(SCRATCH_NAME, new DirectoryNode(this.root));
    for (const [path, entry] of this.#files) if (isScratch(path)) this.#put(path, entry, false);
    this.#directory(this.#cwd, !isScratch(this.#cwd));
  }

  /**
   * What an instance finds open besides its streams: the job's directory, where languages that know of a working
   * directory begin, and the root.
   */
  openDirectories(): Descriptor[] {
    const cwd = this.#directory(this.#cwd, true);
    if (cwd === this.root) return [new OpenDirectory(this.root, { name: '/' })];
    return [
      new OpenDirectory(cwd, { name: this.#cwd }),
      new OpenDirectory(this.root, { name: '/', elsewhere: cwd }),
    ];
  }

  /** The bytes of a file that an instance left, by an absolute path or one from the job's directory. */
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

/** A stream to read from. */
export function inputOf(bytes: Uint8Array): Descriptor {
  return new OpenFile(new FileNode(bytes, true), { isReading: true, isWriting: false, flags: 0 });
}

function isScratch(path: string): boolean {
  return path === SCRATCH || path.startsWith(`${SCRATCH}/`);
}
