/**
 * The commands that wait for a commit. Lease requests go first when there are more commands than one commit takes: an idle
 * sandbox waits for each of them, while the sender of a report computes on. They never overtake a command with a common
 * order key, and take at most half of a commit, so that other commands make progress too.
 * @module
 */
import type { Deferred } from '../../lib/deferred.js';
import { workerKey } from '../store/port/command-order.js';
import type { Command } from '../store/port/store.js';

export interface Waiting {
  readonly command: Command;
  readonly answer: Deferred<unknown>;
  /** Monotonic milliseconds. */
  readonly sinceMs: number;
  /** Its position among all submitted commands. */
  readonly position: number;
}

export class WaitingCommands {
  /** Lease requests that may overtake all commands in `#others`. */
  #grants: Waiting[] = [];
  #others: Waiting[] = [];
  /** How many of `#others` have that worker key: lease requests of these workers keep their place. */
  readonly #workers = new Map<string, number>();
  #submitted = 0;

  get size(): number {
    return this.#grants.length + this.#others.length;
  }

  add(command: Command, answer: Deferred<unknown>, sinceMs: number): void {
    this.#append({ command, answer, sinceMs, position: this.#submitted++ });
  }

  /** Removes the next `limit` commands, in the order in which they were submitted. */
  take(limit: number): Waiting[] {
    if (limit <= 0) return [];
    const first = this.size <= limit ? 0 : Math.min(this.#grants.length, Math.floor(limit / 2));
    const batch = this.#grants.splice(0, first);
    // The rest are the oldest ones of both lists, so that no other command overtakes a lease request.
    let [grants, others] = [0, 0];
    while (batch.length + grants + others < limit) {
      const grant = this.#grants[grants];
      const other = this.#others[others];
      if (grant === undefined && other === undefined) break;
      if (other === undefined || (grant !== undefined && grant.position < other.position)) grants += 1;
      else others += 1;
    }
    batch.push(...this.#grants.splice(0, grants));
    for (const one of this.#others.splice(0, others)) {
      this.#forget(one);
      batch.push(one);
    }
    return batch.sort((a, b) => a.position - b.position);
  }

  /** Keeps only the commands that satisfy the condition, which is evaluated in the order of submission. */
  filter(isKept: (one: Waiting) => boolean): void {
    const all = this.take(this.size);
    for (const one of all) if (isKept(one)) this.#append(one);
  }

  #append(one: Waiting): void {
    const key = workerKey(one.command);
    if (one.command.name === 'grantLease' && !this.#workers.has(key!)) return void this.#grants.push(one);
    this.#others.push(one);
    if (key !== undefined) this.#workers.set(key, (this.#workers.get(key) ?? 0) + 1);
  }

  #forget({ command }: Waiting): void {
    const key = workerKey(command);
    if (key === undefined) return;
    const left = this.#workers.get(key)! - 1;
    if (left === 0) this.#workers.delete(key);
    else this.#workers.set(key, left);
  }
}
