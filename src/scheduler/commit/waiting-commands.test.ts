import { describe, expect, it } from 'vitest';
import { deferred } from '../../lib/deferred.js';
import { SeededRandom } from '../../testing/seeded-random.js';
import { orderKeys } from '../store/port/command-order.js';
import type { Command } from '../store/port/store.js';
import { WaitingCommands } from './waiting-commands.js';

const worker = (workerId: string) => ({
  workerId,
  sandboxes: 1,
  sandboxHost: 'thread' as const,
  worktimes: [],
});
const grant = (leaseId: string, workerId = leaseId): Command => ({
  name: 'grantLease',
  leaseId,
  worker: worker(workerId),
});
const report = (leaseId: string): Command => ({
  name: 'report',
  leaseId,
  workerId: 'busy',
  first: 1,
  count: 1,
  computeMs: 1,
});
const reattach = (workerId: string): Command => ({ name: 'reattachLeases', workerId });

const nameOf = (command: Command): string =>
  `${command.name} ${'leaseId' in command ? command.leaseId : 'workerId' in command ? command.workerId : ''}`;
const takeFrom = (waiting: WaitingCommands, limit: number): string[] =>
  waiting.take(limit).map(({ command }) => nameOf(command));

function filled(...commands: Command[]): WaitingCommands {
  const waiting = new WaitingCommands();
  for (const command of commands) waiting.add(command, deferred<unknown>(), 0);
  return waiting;
}
const reports = (count: number): Command[] => Array.from({ length: count }, (_, i) => report(`r${i}`));

describe('commands that wait for a commit', () => {
  it('keep the order of submission when one commit takes them all', () => {
    const waiting = filled(report('a'), grant('b'), report('c'));
    expect(takeFrom(waiting, 3)).toEqual(['report a', 'grantLease b', 'report c']);
    expect(waiting.size).toBe(0);
  });

  it('let a lease request overtake reports that do not fit in the next commit', () => {
    const waiting = filled(...reports(2_000), grant('b'));
    expect(takeFrom(waiting, 16)).toContain('grantLease b');
    expect(waiting.size).toBe(2_001 - 16);
  });

  it('leave at least half of a commit to the oldest commands', () => {
    const grants = Array.from({ length: 100 }, (_, i) => grant(`g${i}`));
    const taken = takeFrom(filled(...reports(100), ...grants), 16);
    expect(taken.filter((name) => name.startsWith('report'))).toEqual(reports(8).map(nameOf));
    expect(taken.filter((name) => name.startsWith('grant'))).toEqual(grants.slice(0, 8).map(nameOf));
  });

  it('do not let a lease request overtake an earlier command on all leases of its worker', () => {
    const waiting = filled(...reports(20), reattach('w'), grant('g', 'w'), grant('h', 'other'));
    expect(takeFrom(waiting, 16)).not.toContain('grantLease g');
    expect(takeFrom(waiting, 16)).toEqual([
      ...reports(20).slice(15).map(nameOf),
      'reattachLeases w',
      'grantLease g',
    ]);
  });

  it('do not let a later command on all leases of a worker overtake its lease request', () => {
    const grants = Array.from({ length: 40 }, (_, i) => grant(`g${i}`));
    const waiting = filled(...grants, reattach('g39'));
    const order: string[] = [];
    while (waiting.size > 0) order.push(...takeFrom(waiting, 16));
    expect(order.indexOf('grantLease g39')).toBeLessThan(order.indexOf('reattachLeases g39'));
  });

  it('keep the order of all commands with a common order key, and lose none, in random histories', () => {
    const random = new SeededRandom(11);
    const below = (n: number): number => random.bytes(1)[0]! % n;
    for (let round = 0; round < 200; round++) {
      const waiting = new WaitingCommands();
      const submitted: Command[] = [];
      const taken: Command[] = [];
      for (let step = 0; step < 60; step++) {
        const workerId = `w${below(3)}`;
        const command = [
          () => grant(`lease ${step}`, workerId),
          () => report(`r${below(3)}`),
          () => reattach(workerId),
        ][below(3)]!();
        submitted.push(command);
        waiting.add(command, deferred<unknown>(), 0);
        if (below(8) === 0) taken.push(...waiting.take(below(6)).map((one) => one.command));
        if (below(20) === 0) waiting.filter(() => true);
      }
      while (waiting.size > 0) taken.push(...waiting.take(5).map((one) => one.command));
      expect(new Set(taken)).toEqual(new Set(submitted));
      const keys = new Set(submitted.flatMap(orderKeys));
      for (const key of keys) {
        const withKey = (command: Command): boolean => orderKeys(command).includes(key);
        expect(taken.filter(withKey)).toEqual(submitted.filter(withKey));
      }
    }
  });

  it('keep their order when some are removed', () => {
    const waiting = filled(report('a'), grant('b'), report('c'), grant('d'));
    waiting.filter(({ command }) => nameOf(command) !== 'grantLease b');
    expect(takeFrom(waiting, 4)).toEqual(['report a', 'report c', 'grantLease d']);
  });
});
