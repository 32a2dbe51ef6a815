/**
 * The address of this machine on the local network.
 * @module
 */
import { networkInterfaces } from 'node:os';

/** The first IPv4 address that is not loopback; undefined without a network. */
export function lanAddress(): string | undefined {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find((address) => address.family === 'IPv4' && !address.internal)?.address;
}
