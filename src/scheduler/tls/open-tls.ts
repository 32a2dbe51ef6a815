/**
 * From the option `tls` of a scheduler to the pair that it serves with.
 * @module
 */
import { hostname, networkInterfaces } from 'node:os';
import { ManyhandsError } from '../../lib/errors.js';
import type { Random } from '../../lib/crypto/random.js';
import { checkTlsPair, openSelfSigned } from './tls-pair.js';
import type { TlsFiles, TlsPair } from './tls-pair.js';

/** A pair in PEM, or `'self-signed'` for one that is made on this machine and kept in the data folder. */
export type TlsOption = TlsFiles | 'self-signed';

/** @throws INVALID_ARGUMENT where it is of another form */
export function checkTlsOption(tls: unknown): TlsOption | undefined {
  if (tls === undefined || tls === 'self-signed') return tls;
  if (typeof tls === 'object' && tls !== null && 'cert' in tls && 'key' in tls) {
    const { cert, key } = tls;
    if (isPem(cert) && isPem(key)) return { cert, key };
  }
  throw new ManyhandsError('INVALID_ARGUMENT', "tls must be { cert, key } in PEM, or 'self-signed'", {
    argument: 'tls',
  });
}

/**
 * The pair, checked; undefined without TLS. `nowMs` is wall time.
 * @throws TLS_UNUSABLE
 */
export async function openTls(
  tls: TlsOption | undefined,
  dataDir: string,
  nowMs: number,
  random: Random,
): Promise<TlsPair | undefined> {
  if (tls === undefined) return undefined;
  if (tls !== 'self-signed') return checkTlsPair(tls, nowMs);
  return openSelfSigned(dataDir, ownHosts(), nowMs, random);
}

function isPem(part: unknown): part is string | Uint8Array {
  return typeof part === 'string' || part instanceof Uint8Array;
}

/** Every name and address under which this machine may be asked for. */
function ownHosts(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  // Addresses of IPv6 that are good on one link only are never written in a URL.
  const shown = addresses.map(({ address }) => address).filter((address) => !/^fe80:|%/.test(address));
  const name = hostname().toLowerCase();
  const names = /^[a-z0-9.-]+$/.test(name) ? [name, `${name}.local`] : [];
  return [...new Set(['localhost', '127.0.0.1', '::1', ...names, ...shown])];
}
