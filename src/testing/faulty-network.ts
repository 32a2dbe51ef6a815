/**
 * An in-memory network with reproducible faults (from a seed), in virtual time: messages have latency, connections break
 * (before a message arrives, or right after, so that its reply is lost and the request is repeated), connection attempts are
 * refused, and named clients are partitioned for a while. Messages in one direction of one connection stay in order, as with TCP.
 * @module
 */
import type { Clock } from '../lib/clock.js';
import { delay } from '../lib/clock.js';
import { connectFailed } from '../transport/connect-failed.js';
import { connectMemory } from '../transport/memory.js';
import type { Defer, MemoryConnectionPair } from '../transport/memory.js';
import type { Connect, Connection } from '../transport/transport.js';
import type { MemoryNetwork } from './memory-network.js';
import type { SeededRandom } from './seeded-random.js';

export interface Faults {
  /** Minimum and maximum latency of a message, milliseconds. */
  latencyMs: readonly [number, number];
  /** Probability, per message, that the connection breaks on it. */
  disconnectChance: number;
  /** Probability, per connection attempt, that it is refused. */
  refuseChance: number;
  /** Breaks the connection on chosen messages, numbered over the whole network from 0: before or after the message arrives. */
  disconnectAt?: (message: number) => 'lost' | 'arrived' | undefined;
}

export const NO_FAULTS: Faults = { latencyMs: [0, 0], disconnectChance: 0, refuseChance: 0 };

export interface FaultyNetworkOptions {
  clock: Clock;
  random: SeededRandom;
  faults?: Partial<Faults>;
}

interface OpenLink {
  client: string;
  link: MemoryConnectionPair;
  /** Called when the partition of the client ends. */
  resume: () => void;
}

const ANYBODY = 'client';

export class FaultyNetwork implements MemoryNetwork {
  /** Current faults; tests may change them at any time. */
  faults: Faults;
  /** Numbers of events so far. */
  readonly disconnected = { connected: 0, refused: 0, disconnect: 0, delivered: 0 };
  readonly #clock: Clock;
  readonly #random: SeededRandom;
  #sent = 0;
  readonly #listeners = new Map<string, (connection: Connection) => void>();
  readonly #links = new Set<OpenLink>();
  /** End of the partition of each client, monotonic milliseconds. */
  readonly #partitions = new Map<string, number>();

  constructor({ clock, random, faults }: FaultyNetworkOptions) {
    this.#clock = clock;
    this.#random = random;
    this.faults = { ...NO_FAULTS, ...faults };
  }

  /** Number of open connections. */
  get openConnections(): number {
    for (const open of this.#links) if (!open.link.isOpen()) this.#links.delete(open);
    return this.#links.size;
  }

  readonly listen = (url: string, onConnection: (connection: Connection) => void): (() => void) => {
    this.#listeners.set(url, onConnection);
    return () => void this.#listeners.delete(url);
  };

  /** Connects as an unnamed client; see `connectAs`. */
  readonly connect: Connect = (url, options) => this.connectAs(ANYBODY)(url, options);

  /** `client`: name of the client for `partition`, `heal` and `disconnect`. */
  connectAs(client: string): Connect {
    return async (url, { signal } = {}) => {
      await this.#wait(this.#latency(), signal, url);
      for (let left = this.#cutOffMs(client); left > 0; left = this.#cutOffMs(client)) {
        await this.#wait(left, signal, url);
      }
      const listener = this.#listeners.get(url);
      if (listener === undefined || this.#random.chance(this.faults.refuseChance)) {
        this.disconnected.refused++;
        throw connectFailed(url, 'refused', 'nothing listens at this address');
      }
      this.disconnected.connected++;
      const connection = this.#open(client);
      listener(connection.server);
      return connection.client;
    };
  }

  /** Breaks all connections, or those of one client. */
  cut(client?: string): void {
    for (const open of [...this.#links]) if (client === undefined || open.client === client) this.#cut(open);
  }

  /** Delays every message from and to the client until `ms` have passed, without closing its connections. */
  partition(client: string, ms: number): void {
    this.#partitions.set(client, this.#clock.monotonicMs() + ms);
  }

  /** Ends the partition of the client now. */
  heal(client: string): void {
    this.#partitions.delete(client);
    for (const open of this.#links) if (open.client === client) open.resume();
  }

  #open(client: string): { client: Connection; server: Connection } {
    const lanes = [new Lane(), new Lane()] as const;
    const defers = lanes.map((lane) => this.#deferOver(lane, client, () => this.#cut(open)));
    const link = connectMemory({ defer: [defers[0]!, defers[1]!], names: [client, 'server'] });
    const open: OpenLink = { client, link, resume: () => lanes.forEach((lane) => lane.wake()) };
    this.#links.add(open);
    return { client: link.ends[0], server: link.ends[1] };
  }

  #cut(open: OpenLink): void {
    if (!this.#links.delete(open)) return;
    this.disconnected.disconnect++;
    open.link.abort();
  }

  #deferOver(lane: Lane, client: string, cut: () => void): Defer {
    const step = (): void => {
      const leftMs = Math.max(lane.headMs - this.#clock.monotonicMs(), this.#cutOffMs(client));
      lane.timer = this.#clock.after(leftMs, () => {
        if (this.#cutOffMs(client) > 0) return step();
        lane.timer = undefined;
        lane.shift()?.();
        if (lane.size > 0) step();
      });
    };
    lane.step = step;
    return (run) => {
      const fate = this.#fate();
      lane.push(this.#clock.monotonicMs() + this.#latency(), () => {
        if (fate !== 'lost') {
          this.disconnected.delivered++;
          run();
        }
        if (fate !== undefined) cut();
      });
      if (lane.timer === undefined) step();
    };
  }

  #fate(): 'lost' | 'arrived' | undefined {
    const planned = this.faults.disconnectAt?.(this.#sent++);
    if (planned !== undefined || !this.#random.chance(this.faults.disconnectChance)) return planned;
    return this.#random.chance(0.5) ? 'lost' : 'arrived';
  }

  #latency(): number {
    return this.#random.between(...this.faults.latencyMs);
  }

  #cutOffMs(client: string): number {
    return Math.max(0, (this.#partitions.get(client) ?? 0) - this.#clock.monotonicMs());
  }

  async #wait(ms: number, signal: AbortSignal | undefined, url: string): Promise<void> {
    try {
      await delay(this.#clock, ms, signal);
    } catch (cause) {
      throw connectFailed(url, 'aborted', 'the attempt aborted', cause);
    }
  }
}

/** Messages in transit in one direction, first in, first out. */
class Lane {
  readonly #queue: { dueMs: number; run: () => void }[] = [];
  timer: (() => void) | undefined;
  step: () => void = () => undefined;

  get size(): number {
    return this.#queue.length;
  }

  get headMs(): number {
    return this.#queue[0]!.dueMs;
  }

  push(dueMs: number, run: () => void): void {
    const last = this.#queue.at(-1)?.dueMs ?? 0;
    this.#queue.push({ dueMs: Math.max(last, dueMs), run });
  }

  shift(): (() => void) | undefined {
    return this.#queue.shift()?.run;
  }

  /** Recomputes at once when the next message is due. */
  wake(): void {
    if (this.timer === undefined) return;
    this.timer();
    this.step();
  }
}
