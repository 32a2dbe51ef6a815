/**
 * Nine ways in which a network fails.
 * @module
 */
import type { SeededRandom } from '../../../src/testing/seeded-random.js';
import { lasting } from '../../rig/lasting.mjs';
import type { Carried, Direction, Fault } from './faulty-proxy.js';

/** How often the fault struck, so that a test can tell that it was there at all. */
export interface Struck {
  times: number;
}

export type MakeFault = (random: SeededRandom, struck: Struck) => Fault;

/** All that is sent takes its time, and what comes behind it does not overtake it. */
const latency: MakeFault = (random, struck) => ({
  async pass(bytes, to, _, came) {
    struck.times += 1;
    await lasting(Math.max(0, came + random.between(0, 900) - performance.now()));
    to.write(bytes);
  },
});

/** About 4 KiB a second. */
const narrow: MakeFault = (_, struck) => ({
  async pass(bytes, to) {
    struck.times += 1;
    for (let at = 0; at < bytes.length && !to.destroyed; at += 512) {
      to.write(bytes.subarray(at, at + 512));
      await lasting(120);
    }
  },
});

/** Some of what is sent arrives in part, and then the connection ends. */
const cutWithinMessages: MakeFault = (random, struck) => ({
  async pass(bytes, to, carried) {
    if (!random.chance(0.15)) return void to.write(bytes);
    struck.times += 1;
    await new Promise((written) => to.write(bytes.subarray(0, random.integer(0, bytes.length - 1)), written));
    carried.cut();
  },
});

const cutAll = (connections: ReadonlySet<Carried>, struck: Struck, chance = (): boolean => true): void => {
  for (const carried of connections) {
    if (!chance()) continue;
    struck.times += 1;
    carried.cut();
  }
};

/** Connections end, one after the other or many at once. */
const cutOften: MakeFault = (random, struck) => ({
  begin: (connections) => cutAll(connections, struck, () => random.chance(0.7)),
  againAfterMs: () => random.between(200, 1_700),
});

/** Nobody listens: whoever comes is turned away. */
const refused: MakeFault = (_, struck) => ({
  begin: (connections) => cutAll(connections, struck),
  take(client) {
    struck.times += 1;
    client.resetAndDestroy();
    return true;
  },
});

/** Whoever comes is connected, and never gets an answer: not then, and not when all is well again. */
const unanswered: MakeFault = (_, struck) => ({
  begin: (connections) => cutAll(connections, struck),
  take(client) {
    struck.times += 1;
    client.resume();
    return true;
  },
});

/** Connections that there are fall silent for ever, and no end ever says that they are over. */
const silent =
  (...directions: Direction[]): MakeFault =>
  (_, struck) => ({
    begin(connections) {
      for (const carried of connections) {
        struck.times += 1;
        for (const direction of directions) carried.silent.add(direction);
      }
    },
  });

/** The fault, and what it is called in a test's name. */
export const FAULTS: readonly (readonly [string, MakeFault])[] = [
  ['all that is sent takes up to 0.9 s', latency],
  ['4 KiB go through in a second', narrow],
  ['connections end within messages', cutWithinMessages],
  ['connections end again and again', cutOften],
  ['connecting is refused', refused],
  ['whoever connects gets no answer', unanswered],
  ['all connections fall silent both ways', silent('up', 'down')],
  ['nothing comes to the clients any more', silent('down')],
  ['nothing comes to the scheduler any more', silent('up')],
];
