/**
 * Limits the memory of processes with Linux control groups (cgroup v2), where this program has a subtree delegated to it:
 * as a systemd service with `Delegate=memory`. The kernel then enforces the limit for all kinds of memory, and kills the
 * whole group that exceeds it. Elsewhere memory is polled (`MemoryWatch`).
 * @module
 */
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path/posix';

/** The cgroup file system; each method throws where the kernel refuses. */
export interface GroupFiles {
  read(path: string): string;
  write(path: string, text: string): void;
  makeFolder(path: string): void;
  removeFolder(path: string): void;
  /** Names of the entries of a folder. */
  list(path: string): string[];
}

/** The process that uses the groups. */
export interface GroupOwner {
  readonly pid: number;
  /** Root may write to every group, so write access does not show that the subtree is delegated. */
  readonly isRoot: boolean;
}

/** One process, with its children, under a memory limit. */
export interface MemoryHold {
  /** Whether the kernel killed it because it exceeded the limit. */
  isOutOfMemory(): boolean;
  /** Must be called when the process has ended. */
  release(): void;
}

const ROOT = '/sys/fs/cgroup';
/** The group of this program itself: a group with controllers enabled for its children must not contain processes. */
const OWN = 'manyhands';
const SANDBOX = /^sandbox-\d+$/;

/** The delegated groups of this program, or undefined. */
export function findMemoryGroups(
  files: GroupFiles = linuxFiles,
  owner: GroupOwner = { pid: process.pid, isRoot: process.getuid?.() === 0 },
): MemoryGroups | undefined {
  try {
    const home = findHome(files, owner);
    return home === undefined ? undefined : new MemoryGroups(files, home);
  } catch {
    // Not Linux, not cgroup v2, or not delegated.
    return undefined;
  }
}

function findHome(files: GroupFiles, { pid, isRoot }: GroupOwner): string | undefined {
  // Root can write to every group, whether it is delegated or not.
  if (isRoot) return undefined;
  const line = files
    .read('/proc/self/cgroup')
    .split('\n')
    .find((one) => one.startsWith('0::/'));
  if (line === undefined) return undefined;
  const own = join(ROOT, line.slice('0::'.length));
  const isInOwnGroup = basename(own) === OWN;
  const home = isInOwnGroup ? dirname(own) : own;
  if (!splitWords(files.read(join(home, 'cgroup.controllers'))).includes('memory')) return undefined;
  if (isInOwnGroup) return enableMemoryController(files, home);
  const others = splitWords(files.read(join(home, 'cgroup.procs'))).filter((one) => one !== String(pid));
  if (others.length > 0) return undefined;
  const place = join(home, OWN);
  files.makeFolder(place);
  try {
    files.write(join(place, 'cgroup.procs'), String(pid));
    return enableMemoryController(files, home);
  } catch (error) {
    files.write(join(home, 'cgroup.procs'), String(pid));
    files.removeFolder(place);
    throw error;
  }
}

/** Enables memory limits for the child groups. */
function enableMemoryController(files: GroupFiles, home: string): string {
  files.write(join(home, 'cgroup.subtree_control'), '+memory');
  return home;
}

export class MemoryGroups {
  readonly #files: GroupFiles;
  readonly #home: string;
  /** Groups that are still busy: the kernel removes a process from its group some time after its exit is reported. */
  readonly #left = new Set<string>();

  constructor(files: GroupFiles, home: string) {
    this.#files = files;
    this.#home = home;
    // Groups of workers that were killed. The kernel refuses to remove one that is in use.
    attempt(() => {
      for (const name of files.list(home)) if (SANDBOX.test(name)) this.#remove(join(home, name));
    });
    this.#left.clear();
  }

  /** Moves a process to a group with that limit in bytes; undefined where that fails. */
  hold(pid: number, bytes: number): MemoryHold | undefined {
    const files = this.#files;
    const group = join(this.#home, `sandbox-${pid}`);
    // A group left by a process with the same id, and groups that were still busy.
    for (const one of [group, ...this.#left]) this.#remove(one);
    this.#left.delete(group);
    try {
      files.makeFolder(group);
      files.write(join(group, 'memory.max'), String(bytes));
      // Kernels without swap have no such file, and older ones kill single processes of a group.
      attempt(() => files.write(join(group, 'memory.swap.max'), '0'));
      attempt(() => files.write(join(group, 'memory.oom.group'), '1'));
      files.write(join(group, 'cgroup.procs'), String(pid));
    } catch {
      this.#remove(group);
      return undefined;
    }
    let isOver = false;
    const isOutOfMemory = (): boolean => {
      attempt(() => (isOver ||= /^oom_kill [1-9]/m.test(files.read(join(group, 'memory.events')))));
      return isOver;
    };
    return {
      isOutOfMemory,
      release: () => {
        isOutOfMemory();
        for (const one of [group, ...this.#left]) this.#remove(one);
      },
    };
  }

  /** A group that is still busy is removed later, when another sandbox starts or ends. */
  #remove(group: string): void {
    try {
      this.#files.removeFolder(group);
      this.#left.delete(group);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EBUSY') this.#left.add(group);
      else this.#left.delete(group);
    }
  }
}

function attempt(act: () => unknown): void {
  try {
    act();
  } catch {
    // Optional: it works without.
  }
}

const splitWords = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');

const linuxFiles: GroupFiles = {
  read: (path) => readFileSync(path, 'utf8'),
  // `r+` creates no file: a missing control file means that the kernel lacks the feature.
  write: (path, text) => writeFileSync(path, text, { flag: 'r+' }),
  makeFolder: (path) => mkdirSync(path),
  removeFolder: (path) => rmdirSync(path),
  list: (path) => readdirSync(path),
};
