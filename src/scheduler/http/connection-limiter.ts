/**
 * How many sockets a node has open, and who may open one more: a network may hold as many as leave others a share, so
 * that nobody who opens thousands keeps the others out. What is open is never closed for that.
 * @module
 */
import { isIPv4 } from 'node:net';

/** The last part of the room, one of so many, is for networks that hold few. */
const LAST_PART = 8;
/** How few: so many times its weight where the last part begins, and fewer as that fills, down to none. */
const FEW = 4;

/** What an address counts in. */
export interface Network {
  readonly name: string;
  /** It may hold this many times what is still free: of an empty room, `weight / (weight + 1)`. */
  readonly weight: number;
}

export class SocketRoom {
  readonly #max: number;
  readonly #held = new Map<string, number>();
  #total = 0;

  /** `max`: sockets of all networks together. */
  constructor(max: number) {
    this.#max = max;
  }

  /** Sockets that are open. */
  get total(): number {
    return this.#total;
  }

  /** Takes a place for one more socket of that address, and says whether there was one. */
  enter(address: string): boolean {
    const networks = networksOf(address);
    const free = this.#max - this.#total;
    const last = this.#max / LAST_PART;
    const share = free > last ? free : free * Math.min(1, FEW / last);
    if (networks.some(({ name, weight }) => this.#heldBy(name) >= weight * share)) return false;
    for (const { name } of networks) this.#held.set(name, this.#heldBy(name) + 1);
    this.#total += 1;
    return true;
  }

  /** Gives a place back that was taken. */
  leave(address: string): void {
    for (const { name } of networksOf(address)) {
      const held = this.#heldBy(name);
      if (held > 1) this.#held.set(name, held - 1);
      else this.#held.delete(name);
    }
    this.#total -= 1;
  }

  #heldBy(name: string): number {
    return this.#held.get(name) ?? 0;
  }
}

const GROUPS = 8;
/** All that one IPv4 address may hold, and all of a /48: what a provider gives one customer at most. */
const WEIGHT = 3;
/** A /56 is what many a household gets. Less than the whole, so that one leaves its neighbours of the /48 some. */
const WEIGHT_56 = 2;
/** A /64 is one local network, or one telephone, and may have neighbours too. */
const WEIGHT_64 = 1;

/** The networks of an address, the smallest first: an IPv4 address is one, an IPv6 one is in its /64, /56 and /48. */
export function networksOf(address: string): Network[] {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (isIPv4(plain)) return [{ name: plain, weight: WEIGHT }];
  const [left = [], right] = plain.split('::', 2).map((part) => (part === '' ? [] : part.split(':')));
  const missing = right === undefined ? 0 : Math.max(0, GROUPS - left.length - right.length);
  const groups = [...left, ...Array.from({ length: missing }, () => '0'), ...(right ?? [])];
  const site = groups.slice(0, 3).join(':');
  const subnet = groups[3] ?? '0';
  // The first eight of its sixteen bits.
  const household = (parseInt(subnet, 16) & 0xff00).toString(16);
  return [
    { name: `${site}:${subnet}::/64`, weight: WEIGHT_64 },
    { name: `${site}:${household}::/56`, weight: WEIGHT_56 },
    { name: `${site}::/48`, weight: WEIGHT },
  ];
}
