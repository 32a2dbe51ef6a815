/**
 * Bounds the memory of processes by groups of Linux (cgroup v2), where this program has been given a part of them to
 * itself: as a service of systemd with `Delegate=memory`. The kernel then holds the bound, all memory counted, and ends
 * the whole group where it cannot. Anywhere else there are no such groups, and memory is watched.
 * @module
 */
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path/posix';

/** The files by which Linux is told; each call throws where it refuses. */
export interface GroupFiles {
  read(path: string): string;
  write(path: string, text: string): void;
  makeFolder(path: string): void;
  removeFolder(path: string): void;
  /** Names of what is in a folder. */
  list(path: string): string[];
}

/** Who asks. */
export interface GroupOwner {
  readonly pid: number;
  /** May write to all groups, so that being able to says nothing about whose they are. */
  readonly isRoot: boolean;
}

/** One process, and what it starts, within its bound. */
export interface MemoryHold {
  /** Whether the kernel ended it because it was over the bound. */
  ranOut(): boolean;
  /** The process is gone. */
  release(): void;
}

const ROOT = '/sys/fs/cgroup';
/** The group of this program itself: one that is divided must hold no process of its own. */
const OWN = 'manyhands';
const SANDBOX = /^sandbox-\d+$/;

/** The groups that this program may make, or undefined. */
export function findMemoryGroups(
  files: GroupFiles = linuxFiles,
  owner: GroupOwner = { pid: process.pid, isRoot: process.getuid?.() === 0 },
): MemoryGroups | undefined {
  try {
    const home = findHome(files, owner);
    return home === undefined ? undefined : new MemoryGroups(files, home);
  } catch {
    // Not Linux, not this kind of groups, or not ours.
    return undefined;
  }
}

function findHome(files: GroupFiles, { pid, isRoot }: GroupOwner): string | undefined {
  // Where every group can be divided, being able to says nothing.
  if (isRoot) return undefined;
  const line = files
    .read('/proc/self/cgroup')
    .split('\n')
    .find((one) => one.startsWith('0::/'));
  if (line === undefined) return undefined;
  const own = join(ROOT, line.slice('0::'.length));
  const isPlaced = basename(own) === OWN;
  const home = isPlaced ? dirname(own) : own;
  if (!wordsOf(files.read(join(home, 'cgroup.controllers'))).includes('memory')) return undefined;
  if (isPlaced) return divided(files, home);
  const others = wordsOf(files.read(join(home, 'cgroup.procs'))).filter((one) => one !== String(pid));
  if (others.length > 0) return undefined;
  const place = join(home, OWN);
  files.makeFolder(place);
  try {
    files.write(join(place, 'cgroup.procs'), String(pid));
    return divided(files, home);
  } catch (error) {
    files.write(join(home, 'cgroup.procs'), String(pid));
    files.removeFolder(place);
    throw error;
  }
}

/** Lets the groups within have bounds of memory. */
function divided(files: GroupFiles, home: string): string {
  files.write(join(home, 'cgroup.subtree_control'), '+memory');
  return home;
}

export class MemoryGroups {
  readonly #files: GroupFiles;
  readonly #home: string;
  /** Groups whose process is gone, but not yet for the kernel: it is slower than the news of it. */
  readonly #left = new Set<string>();

  constructor(files: GroupFiles, home: string) {
    this.#files = files;
    this.#home = home;
    // Those of workers that were killed. One that is in use is not removed: the kernel refuses.
    attempt(() => {
      for (const name of files.list(home)) if (SANDBOX.test(name)) this.#remove(join(home, name));
    });
    this.#left.clear();
  }

  /** Puts a process in a group of so many bytes; undefined where that cannot be done. */
  hold(pid: number, bytes: number): MemoryHold | undefined {
    const files = this.#files;
    const group = join(this.#home, `sandbox-${pid}`);
    // One of a process that had the same id, and those that were still busy.
    for (const one of [group, ...this.#left]) this.#remove(one);
    this.#left.delete(group);
    try {
      files.makeFolder(group);
      files.write(join(group, 'memory.max'), String(bytes));
      // A kernel without swap has no such file, and older ones end one process of a group.
      attempt(() => files.write(join(group, 'memory.swap.max'), '0'));
      attempt(() => files.write(join(group, 'memory.oom.group'), '1'));
      files.write(join(group, 'cgroup.procs'), String(pid));
    } catch {
      this.#remove(group);
      return undefined;
    }
    let isOver = false;
    const ranOut = (): boolean => {
      attempt(() => (isOver ||= /^oom_kill [1-9]/m.test(files.read(join(group, 'memory.events')))));
      return isOver;
    };
    return {
      ranOut,
      release: () => {
        ranOut();
        for (const one of [group, ...this.#left]) this.#remove(one);
      },
    };
  }

  /** Tried again with the next sandbox that begins or ends, where the kernel refuses. */
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
    // It is as good without.
  }
}

const wordsOf = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');

const linuxFiles: GroupFiles = {
  read: (path) => readFileSync(path, 'utf8'),
  // Nothing is created: what is not there cannot be told.
  write: (path, text) => writeFileSync(path, text, { flag: 'r+' }),
  makeFolder: (path) => mkdirSync(path),
  removeFolder: (path) => rmdirSync(path),
  list: (path) => readdirSync(path),
};
