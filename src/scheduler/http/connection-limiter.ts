/**
 * Limits the open sockets of a node, in all and for each network: a network may only hold a share of the free capacity, so
 * that one client with thousands of sockets cannot exclude others. Open sockets are never closed for it.
 * @module
 */
import { isIPv6 } from 'node:net';
import { ipv6Groups, unmapAddress } from '../../lib/ip-address.js';

/** The last 1/8 of the capacity is reserved for networks that hold few sockets. */
const RESERVED_DIVISOR = 8;
/** In the reserved part a network may hold this many times its weight at first, and fewer as it fills, down to none. */
const RESERVED_SOCKETS = 4;

/** A network that an address belongs to. */
export interface Network {
  readonly name: string;
  /** It may hold this many times the free capacity: alone, `weight / (weight + 1)` of all sockets. */
  readonly weight: number;
}

export class ConnectionLimiter {
  readonly #max: number;
  readonly #held = new Map<string, number>();
  #total = 0;

  /** @param max sockets of all networks together */
  constructor(max: number) {
    this.#max = max;
  }

  /** Number of open sockets. */
  get total(): number {
    return this.#total;
  }

  /** Counts one more socket of that address, if it is allowed. @returns whether it is */
  acquire(address: string): boolean {
    const networks = networksOf(address);
    const free = this.#max - this.#total;
    const reserved = this.#max / RESERVED_DIVISOR;
    const share = free > reserved ? free : free * Math.min(1, RESERVED_SOCKETS / reserved);
    if (networks.some(({ name, weight }) => this.#heldBy(name) >= weight * share)) return false;
    for (const { name } of networks) this.#held.set(name, this.#heldBy(name) + 1);
    this.#total += 1;
    return true;
  }

  /** Counts one socket of that address less, which `acquire` has counted. */
  release(address: string): void {
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

/** Weight of one IPv4 address, and of an IPv6 /48, the largest network that a provider assigns to one customer. */
const WEIGHT = 3;
/** Weight of an IPv6 /56, the usual network of a household; lower, so that it leaves a share to others of its /48. */
const WEIGHT_56 = 2;
/** Weight of an IPv6 /64, which is one local network or one telephone. */
const WEIGHT_64 = 1;

/** The networks of an address, smallest first: an IPv4 address is one, an IPv6 address is in its /64, /56 and /48. */
export function networksOf(address: string): Network[] {
  const plain = unmapAddress(address);
  if (!isIPv6(plain)) return [{ name: plain, weight: WEIGHT }];
  const [a, b, c, subnet = 0] = ipv6Groups(plain);
  const prefix = (...groups: (number | undefined)[]): string =>
    groups.map((group) => group!.toString(16)).join(':');
  return [
    { name: `${prefix(a, b, c, subnet)}::/64`, weight: WEIGHT_64 },
    // The first eight of the sixteen bits.
    { name: `${prefix(a, b, c, subnet & 0xff00)}::/56`, weight: WEIGHT_56 },
    { name: `${prefix(a, b, c)}::/48`, weight: WEIGHT },
  ];
}
