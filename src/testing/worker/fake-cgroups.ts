/**
 * Linux control groups (cgroup v2) in memory, with the rules of the kernel that matter here: control files appear with
 * their folder, memory limits only where the parent delegates the controller, a group with delegated controllers holds no
 * process, and a folder is not removed while it holds a process.
 * @module
 */
import { dirname } from 'node:path/posix';
import type { GroupFiles } from '../../worker/hosts/process/memory-groups.js';

interface Group {
  readonly files: Map<string, string>;
  readonly pids: Set<string>;
}

export class FakeCgroups implements GroupFiles {
  readonly groups = new Map<string, Group>();
  /** Path of the control group of this program. */
  own: string;
  /** Path below which groups may be written. */
  delegated: string;

  /** `own` and `delegated` below /sys/fs/cgroup; `controllers` are those that the delegated group has. */
  constructor(pid: number, own: string, delegated = own, controllers = 'cpu memory pids') {
    this.own = `/sys/fs/cgroup${own}`;
    this.delegated = `/sys/fs/cgroup${delegated}`;
    this.#add(this.delegated, controllers);
    if (own !== delegated) this.#add(this.own, '');
    this.groups.get(this.own)!.pids.add(String(pid));
  }

  read(path: string): string {
    if (path === '/proc/self/cgroup') return `0::${this.own.slice('/sys/fs/cgroup'.length)}\n`;
    const group = this.#groupOf(path);
    if (path.endsWith('/cgroup.procs')) return [...group.pids].map((pid) => `${pid}\n`).join('');
    return group.files.get(nameOf(path)) ?? refuse('ENOENT');
  }

  write(path: string, text: string): void {
    const group = this.#groupOf(path);
    if (!path.startsWith(this.delegated)) refuse('EACCES');
    const name = nameOf(path);
    if (name === 'cgroup.procs') return this.#move(dirname(path), text);
    if (!group.files.has(name)) refuse('ENOENT');
    if (name === 'cgroup.subtree_control') {
      if (group.pids.size > 0) refuse('EBUSY');
      group.files.set(name, text.replace('+', ''));
    } else group.files.set(name, text);
  }

  makeFolder(path: string): void {
    if (this.groups.has(path)) refuse('EEXIST');
    if (!dirname(path).startsWith(this.delegated)) refuse('EACCES');
    const parent = this.groups.get(dirname(path)) ?? refuse('ENOENT');
    this.#add(path, parent.files.get('cgroup.subtree_control')!);
  }

  removeFolder(path: string): void {
    const group = this.groups.get(path) ?? refuse('ENOENT');
    if (group.pids.size > 0) refuse('EBUSY');
    this.groups.delete(path);
  }

  list(path: string): string[] {
    return [...this.groups.keys()].filter((one) => dirname(one) === path).map(nameOf);
  }

  /** The group of a process, as a path relative to the delegated group. */
  placeOf(pid: number): string | undefined {
    const found = [...this.groups].find(([, { pids }]) => pids.has(String(pid)));
    return found?.[0].slice(this.delegated.length);
  }

  #add(path: string, controllers: string): void {
    const files = new Map([
      ['cgroup.controllers', controllers],
      ['cgroup.subtree_control', ''],
    ]);
    if (controllers.split(' ').includes('memory')) {
      for (const name of ['memory.max', 'memory.oom.group']) files.set(name, '');
      files.set('memory.events', 'low 0\noom 0\noom_kill 0\n');
    }
    this.groups.set(path, { files, pids: new Set() });
  }

  #move(path: string, pid: string): void {
    const to = this.groups.get(path)!;
    if (to.files.get('cgroup.subtree_control') !== '') refuse('EBUSY');
    for (const { pids } of this.groups.values()) pids.delete(pid);
    to.pids.add(pid);
  }

  #groupOf(path: string): Group {
    return this.groups.get(dirname(path)) ?? refuse('ENOENT');
  }
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

function refuse(code: string): never {
  throw Object.assign(new Error(code), { code });
}
