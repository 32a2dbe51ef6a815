/**
 * How many sockets a node has open, and who may open one more: a network may hold as many as leave others a share, so
 * that nobody who opens thousands keeps the others out. What is open is never closed for that.
 * @module
 */
import { isIPv4 } from 'node:net';

/** A network may hold at most this many times what is still free: alone it gets three quarters. */
const TIMES_FREE_MAX = 3;

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

  /** Takes a place for one more socket of that network, and says whether there was one. */
  enter(network: string): boolean {
    const held = this.#held.get(network) ?? 0;
    if (held >= TIMES_FREE_MAX * (this.#max - this.#total)) return false;
    this.#held.set(network, held + 1);
    this.#total += 1;
    return true;
  }

  /** Gives a place back that was taken. */
  leave(network: string): void {
    const held = this.#held.get(network) ?? 0;
    if (held > 1) this.#held.set(network, held - 1);
    else this.#held.delete(network);
    this.#total -= 1;
  }
}

/** Groups of an IPv6 address that name the network: a customer of a provider gets at least all that begin alike. */
const NETWORK_GROUPS = 4;
const GROUPS = 8;

/** Whose socket that is: an IPv4 address, or the first 64 bits of an IPv6 one. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (isIPv4(plain)) return plain;
  const [left = [], right] = plain.split('::', 2).map((part) => (part === '' ? [] : part.split(':')));
  const missing = right === undefined ? 0 : Math.max(0, GROUPS - left.length - right.length);
  const groups = [...left, ...Array.from({ length: missing }, () => '0'), ...(right ?? [])];
  return `${groups.slice(0, NETWORK_GROUPS).join(':')}::/64`;
}
