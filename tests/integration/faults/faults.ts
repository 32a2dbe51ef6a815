/**
 * Nine ways in which a network fails.
 * @module
 */
import type { SeededRandom } from '../../../src/testing/seeded-random.js';
import { faultDuration } from '../../fixtures/fault-duration.mjs';
import type { ProxiedConnection, Direction, Fault } from './faulty-proxy.js';

/** Number of times the fault took effect; a test checks that it is not 0. */
export interface FaultCount {
  times: number;
}

export type MakeFault = (random: SeededRandom, count: FaultCount) => Fault;

/** All data are delayed by a random time, in order. */
const latency: MakeFault = (random, count) => ({
  async pass(bytes, to, _, came) {
    count.times += 1;
    await faultDuration(Math.max(0, came + random.between(0, 900) - performance.now()));
    to.write(bytes);
  },
});

/** About 4 KiB a second. */
const lowBandwidth: MakeFault = (_, count) => ({
  async pass(bytes, to) {
    count.times += 1;
    for (let at = 0; at < bytes.length && !to.destroyed; at += 512) {
      to.write(bytes.subarray(at, at + 512));
      await faultDuration(120);
    }
  },
});

/** Some data arrive in part, and then the connection is reset. */
const resetWithinMessages: MakeFault = (random, count) => ({
  async pass(bytes, to, carried) {
    if (!random.chance(0.15)) return void to.write(bytes);
    count.times += 1;
    await new Promise((written) => to.write(bytes.subarray(0, random.integer(0, bytes.length - 1)), written));
    carried.disconnect();
  },
});

const resetAll = (
  connections: ReadonlySet<ProxiedConnection>,
  count: FaultCount,
  chance = (): boolean => true,
): void => {
  for (const carried of connections) {
    if (!chance()) continue;
    count.times += 1;
    carried.disconnect();
  }
};

/** Connections are reset, one after the other or many at once. */
const resetOften: MakeFault = (random, count) => ({
  begin: (connections) => resetAll(connections, count, () => random.chance(0.7)),
  againAfterMs: () => random.between(200, 1_700),
});

/** New connections are refused. */
const refused: MakeFault = (_, count) => ({
  begin: (connections) => resetAll(connections, count),
  take(client) {
    count.times += 1;
    client.resetAndDestroy();
    return true;
  },
});

/** New connections are accepted and never get a response, also not after the end of the fault. */
const unanswered: MakeFault = (_, count) => ({
  begin: (connections) => resetAll(connections, count),
  take(client) {
    count.times += 1;
    client.resume();
    return true;
  },
});

/** Open connections transfer no more data, and are never closed. */
const silent =
  (...directions: Direction[]): MakeFault =>
  (_, count) => ({
    begin(connections) {
      for (const carried of connections) {
        count.times += 1;
        for (const direction of directions) carried.silent.add(direction);
      }
    },
  });

/** The faults, with their descriptions in the names of tests. */
export const FAULTS: readonly (readonly [string, MakeFault])[] = [
  ['all data are delayed by up to 0.9 s', latency],
  ['the bandwidth is 4 KiB/s', lowBandwidth],
  ['connections are reset within messages', resetWithinMessages],
  ['connections are reset repeatedly', resetOften],
  ['connections are refused', refused],
  ['new connections get no response', unanswered],
  ['all connections are silent in both directions', silent('up', 'down')],
  ['nothing arrives at the clients', silent('down')],
  ['nothing arrives at the scheduler', silent('up')],
];
