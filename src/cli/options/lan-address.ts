/**
 * Under which address others on the network find this machine.
 * @module
 */
import { networkInterfaces } from 'node:os';

/** The first IPv4 address that is not this machine's own loopback; undefined without a network. */
export function lanAddress(): string | undefined {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find((address) => address.family === 'IPv4' && !address.internal)?.address;
}
