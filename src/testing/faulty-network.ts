/**
 * A network that fails, from a seed, in virtual time: messages take their time, connections break (before a message
 * arrives, or right after, so that its answer is lost and the request comes twice), dialling is refused, and named
 * clients are cut off for a while. Order within one direction of one connection always holds, as with TCP.
 * @module
 */
import type { Clock } from '../lib/clock.js';
import { delay } from '../lib/clock.js';
import { connectFailed } from '../transport/connect-failed.js';
import { connectMemory } from '../transport/memory.js';
import type { Defer, MemoryConnectionPair, MemoryNetwork } from '../transport/memory.js';
import type { Connect, Connection } from '../transport/transport.js';
import type { SeededRandom } from './seeded-random.js';

export interface Faults {
  /** Each message takes between these, milliseconds. */
  latencyMs: readonly [number, number];
  /** Of each message: the connection breaks on it. */
  cutChance: number;
  /** Of each attempt to connect: it is refused. */
  refuseChance: number;
  /** Breaks the connection on chosen messages, counted over the whole network from 0: lost, or just arrived. */
  cutAt?: (message: number) => 'lost' | 'arrived' | undefined;
}

export const NO_FAULTS: Faults = { latencyMs: [0, 0], cutChance: 0, refuseChance: 0 };

export interface FaultyNetworkOptions {
  clock: Clock;
  random: SeededRandom;
  faults?: Partial<Faults>;
}

interface OpenLink {
  client: string;
  link: MemoryConnectionPair;
  /** Called when the client's partition ends. */
  wake: () => void;
}

const ANYBODY = 'client';

export class FaultyNetwork implements MemoryNetwork {
  /** May be changed at any time. */
  faults: Faults;
  /** What has happened so far. */
  readonly counts = { connected: 0, refused: 0, cut: 0, delivered: 0 };
  readonly #clock: Clock;
  readonly #random: SeededRandom;
  #sent = 0;
  readonly #listeners = new Map<string, (connection: Connection) => void>();
  readonly #links = new Set<OpenLink>();
  /** Until when (monotonic) a client reaches nobody. */
  readonly #partitions = new Map<string, number>();

  constructor({ clock, random, faults }: FaultyNetworkOptions) {
    this.#clock = clock;
    this.#random = random;
    this.faults = { ...NO_FAULTS, ...faults };
  }

  /** Connections that nobody has closed and nothing has cut. */
  get open(): number {
    for (const open of this.#links) if (!open.link.isOpen()) this.#links.delete(open);
    return this.#links.size;
  }

  readonly listen = (url: string, onConnection: (connection: Connection) => void): (() => void) => {
    this.#listeners.set(url, onConnection);
    return () => void this.#listeners.delete(url);
  };

  /** For whoever needs no name; see `connectAs`. */
  readonly connect: Connect = (url, options) => this.connectAs(ANYBODY)(url, options);

  /** `client` is the name by which `partition` and `cut` know its connections. */
  connectAs(client: string): Connect {
    return async (url, { signal } = {}) => {
      await this.#wait(this.#latency(), signal, url);
      for (let left = this.#cutOffMs(client); left > 0; left = this.#cutOffMs(client)) {
        await this.#wait(left, signal, url);
      }
      const listener = this.#listeners.get(url);
      if (listener === undefined || this.#random.chance(this.faults.refuseChance)) {
        this.counts.refused++;
        throw connectFailed(url, 'refused', 'nothing listens there');
      }
      this.counts.connected++;
      const connection = this.#open(client);
      listener(connection.server);
      return connection.client;
    };
  }

  /** Breaks all connections, or those of one client. */
  cut(client?: string): void {
    for (const open of [...this.#links]) if (client === undefined || open.client === client) this.#cut(open);
  }

  /** For `ms`, nothing from or to this client arrives; nobody is told. What was sent arrives afterwards. */
  partition(client: string, ms: number): void {
    this.#partitions.set(client, this.#clock.monotonicMs() + ms);
  }

  /** The name's partition ends now. */
  heal(client: string): void {
    this.#partitions.delete(client);
    for (const open of this.#links) if (open.client === client) open.wake();
  }

  #open(client: string): { client: Connection; server: Connection } {
    const lanes = [new Lane(), new Lane()] as const;
    const defers = lanes.map((lane) => this.#deferOver(lane, client, () => this.#cut(open)));
    const link = connectMemory({ defer: [defers[0]!, defers[1]!], names: [client, 'server'] });
    const open: OpenLink = { client, link, wake: () => lanes.forEach((lane) => lane.wake()) };
    this.#links.add(open);
    return { client: link.ends[0], server: link.ends[1] };
  }

  #cut(open: OpenLink): void {
    if (!this.#links.delete(open)) return;
    this.counts.cut++;
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
          this.counts.delivered++;
          run();
        }
        if (fate !== undefined) cut();
      });
      if (lane.timer === undefined) step();
    };
  }

  #fate(): 'lost' | 'arrived' | undefined {
    const planned = this.faults.cutAt?.(this.#sent++);
    if (planned !== undefined || !this.#random.chance(this.faults.cutChance)) return planned;
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
      throw connectFailed(url, 'aborted', 'it was aborted', cause);
    }
  }
}

/** What is on its way in one direction, first in, first out. */
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

  /** Looks again at once at when the next one is due. */
  wake(): void {
    if (this.timer === undefined) return;
    this.timer();
    this.step();
  }
}
