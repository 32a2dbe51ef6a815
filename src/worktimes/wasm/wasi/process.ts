/**
 * The state of one instance of a module for WASI: arguments, environment variables, file system and open descriptors.
 * @module
 */
import { ERRNO, RIGHTS, WasiError } from './constants.js';
import { OpenDevice, OpenDirectory, OpenFile, type Descriptor, type OpenMode } from './descriptors.js';
import { FileSystem, type PathStart } from './file-system.js';
import { DeviceNode, DirectoryNode, SymlinkNode, type DeviceKind, type Inode } from './inodes.js';

/** Open descriptors at a time. */
const DESCRIPTORS_MAX = 65_536;

const STREAMS: Partial<Record<DeviceKind, number>> = { stdin: 0, stdout: 1, stderr: 2 };

export interface ProcessOptions {
  /** `argv`: the first one is the program's name. */
  readonly args: readonly string[];
  /** Environment variables as NAME=value. */
  readonly env: readonly string[];
  /** Standard input, output and error, then preopened directories. */
  readonly descriptors: readonly Descriptor[];
  readonly root: DirectoryNode;
  readonly fillRandom: (target: Uint8Array) => void;
}

/** How a path is opened: see `FileSystem.open`. */
export interface OpenRequest extends OpenMode {
  readonly oflags: number;
  readonly follow: boolean;
  readonly inheriting: bigint;
}

/** The module called `proc_exit`. */
export class ProcessExit extends Error {
  override readonly name = 'ProcessExit';
  readonly code: number;

  constructor(code: number) {
    super(`The program ended itself with code ${code}`);
    this.code = code;
  }
}

export class WasiProcess {
  readonly args: readonly Uint8Array[];
  readonly env: readonly Uint8Array[];
  readonly files: FileSystem;
  readonly fillRandom: (target: Uint8Array) => void;
  readonly #open = new Map<number, Descriptor>();
  readonly #standard: readonly Descriptor[];
  /** The lowest free number. */
  #lowestFree: number;

  constructor({ args, env, descriptors, root, fillRandom }: ProcessOptions) {
    const encode = (text: string): Uint8Array => new TextEncoder().encode(`${text}\0`);
    this.args = args.map(encode);
    this.env = env.map(encode);
    this.files = new FileSystem(root);
    this.fillRandom = fillRandom;
    this.#standard = descriptors.slice(0, 3);
    descriptors.forEach((one, fd) => this.#open.set(fd, one));
    this.#lowestFree = descriptors.length;
  }

  /** @throws EBADF */
  descriptor(fd: number): Descriptor {
    const found = this.#open.get(fd >>> 0);
    if (found === undefined) throw new WasiError(ERRNO.BADF);
    return found;
  }

  /** An open directory. @throws EBADF or ENOTDIR */
  directory(fd: number): OpenDirectory {
    const found = this.descriptor(fd);
    if (!(found instanceof OpenDirectory)) throw new WasiError(ERRNO.NOTDIR);
    return found;
  }

  close(fd: number): void {
    this.descriptor(fd);
    this.#open.delete(fd >>> 0);
    this.#lowestFree = Math.min(this.#lowestFree, fd >>> 0);
  }

  /** Moves `fd` to the number `to`, which must be open. */
  renumber(fd: number, to: number): void {
    const moved = this.descriptor(fd);
    this.descriptor(to);
    if (fd === to) return;
    this.#open.set(to >>> 0, moved);
    this.close(fd);
  }

  /** Opens a path; returns the number of the descriptor. */
  open(start: PathStart, path: string, request: OpenRequest): number {
    if (this.#open.size >= DESCRIPTORS_MAX) throw new WasiError(ERRNO.MFILE);
    const opened = this.#opened(this.files.open(start, path, request), request);
    const fd = this.#lowestFree;
    this.#open.set(fd, opened);
    while (this.#open.has(this.#lowestFree)) this.#lowestFree++;
    return fd;
  }

  #opened(node: Inode, request: OpenRequest): Descriptor {
    if (node instanceof DirectoryNode) {
      const opened = new OpenDirectory(node);
      opened.inheriting = request.inheriting & RIGHTS.ALL;
      return opened;
    }
    // Not reached: the file system follows or refuses symbolic links.
    if (node instanceof SymlinkNode) throw new WasiError(ERRNO.LOOP);
    if (!(node instanceof DeviceNode)) return new OpenFile(node, request);
    const stream = STREAMS[node.kind];
    if (stream === undefined) return new OpenDevice(node, this.fillRandom);
    return this.#standard[stream]!;
  }
}
