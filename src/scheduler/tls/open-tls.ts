/**
 * Resolves the option `tls` of a scheduler to its certificate and key.
 * @module
 */
import { hostname, networkInterfaces } from 'node:os';
import { ManyhandsError } from '../../lib/errors.js';
import type { Random } from '../../lib/crypto/random.js';
import { checkTlsPair, openSelfSigned } from './tls-pair.js';
import type { TlsFiles, TlsPair } from './tls-pair.js';

/** Certificate and key in PEM, or `'self-signed'` for a pair that is created on this machine and kept in the data folder. */
export type TlsOption = TlsFiles | 'self-signed';

/** Checks the form of the option. @throws INVALID_ARGUMENT */
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
 * The checked pair; undefined without TLS. `nowMs` is wall time.
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

/** The names and addresses of this machine. */
function ownHosts(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  // Link-local IPv6 addresses cannot be used in a URL.
  const shown = addresses.map(({ address }) => address).filter((address) => !/^fe80:|%/.test(address));
  const name = hostname().toLowerCase();
  const names = /^[a-z0-9.-]+$/.test(name) ? [name, `${name}.local`] : [];
  return [...new Set(['localhost', '127.0.0.1', '::1', ...names, ...shown])];
}
