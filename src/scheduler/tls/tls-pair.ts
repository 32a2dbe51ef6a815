/**
 * The certificate and key of a scheduler: given, or created on this machine and kept in its data folder. An unusable pair is
 * refused with an error that says what to change.
 * @module
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmod, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { ManyhandsError } from '../../lib/errors.js';
import type { Random } from '../../lib/crypto/random.js';
import { ipv6Groups } from '../../lib/ip-address.js';
import { replaceFile } from '../../lib/storage/storage-atomic.js';
import { makeSelfSigned } from './self-signed.js';
import type { PemPair } from './self-signed.js';

/** Text or bytes in PEM; the certificate may be followed by intermediate certificates. */
export interface TlsFiles {
  cert: string | Uint8Array;
  key: string | Uint8Array;
}

export interface TlsPair extends PemPair {
  /** SHA-256 of the certificate, as browsers show it: `AB:CD:…`. */
  readonly fingerprint: string;
  readonly isSelfSigned: boolean;
}

/** Paths of the created pair in the data folder; the certificate can be imported as trusted elsewhere. */
export const SELF_SIGNED_CERT = join('tls', 'cert.pem');
const SELF_SIGNED_KEY = join('tls', 'key.pem');
/** A self-signed pair is replaced when it expires within this time, milliseconds. */
const RENEW_MS = 30 * 86_400_000;

/** @throws TLS_UNUSABLE when they cannot be read, do not match, or have expired */
export function checkTlsPair(files: TlsFiles, nowMs: number): TlsPair {
  const cert = Buffer.from(files.cert).toString();
  const key = Buffer.from(files.key).toString();
  const found = readCertificate(cert);
  try {
    if (!found.checkPrivateKey(createPrivateKey(key)))
      throw unusable('the key is not that of the certificate');
    createSecureContext({ cert, key });
  } catch (error) {
    if (error instanceof ManyhandsError) throw error;
    throw unusable('the key cannot be read; it must be PEM, without a passphrase', error);
  }
  if (Date.parse(found.validTo) <= nowMs)
    throw unusable(`the certificate ended on ${found.validTo}; renew it`);
  return { cert, key, fingerprint: found.fingerprint256, isSelfSigned: found.issuer === found.subject };
}

/** The pair of that folder; created when it is missing, expires soon, or does not name one of `hosts`. */
export async function openSelfSigned(
  dataDir: string,
  hosts: readonly string[],
  nowMs: number,
  random: Random,
): Promise<TlsPair> {
  const stored = await readStored(dataDir, nowMs);
  if (stored !== undefined && isValidFor(stored, hosts, nowMs)) return stored;
  const created = makeSelfSigned(hosts, nowMs, random);
  await mkdir(join(dataDir, 'tls'), { recursive: true, mode: 0o700 });
  await replaceFile(join(dataDir, SELF_SIGNED_KEY), created.key, 0o600, random);
  await replaceFile(join(dataDir, SELF_SIGNED_CERT), created.cert, 0o600, random);
  return checkTlsPair(created, nowMs);
}

async function readStored(dataDir: string, nowMs: number): Promise<TlsPair | undefined> {
  try {
    const cert = await readFile(join(dataDir, SELF_SIGNED_CERT), 'utf8');
    const key = await readFile(join(dataDir, SELF_SIGNED_KEY), 'utf8');
    await chmod(join(dataDir, SELF_SIGNED_KEY), 0o600);
    return checkTlsPair({ cert, key }, nowMs);
  } catch {
    // Missing, incomplete or expired: a new pair is created.
    return undefined;
  }
}

function isValidFor({ cert }: TlsPair, hosts: readonly string[], nowMs: number): boolean {
  const { subjectAltName = '', validTo } = new X509Certificate(cert);
  const named = new Set(subjectAltName.split(', ').map((name) => name.replace(/^(DNS|IP Address):/, '')));
  return Date.parse(validTo) - nowMs > RENEW_MS && hosts.every((host) => named.has(formatHost(host)));
}

/** The host as Node prints it for a certificate: IPv6 in upper case with all groups. */
function formatHost(host: string): string {
  if (!host.includes(':')) return host;
  return ipv6Groups(host)
    .map((group) => group.toString(16).toUpperCase())
    .join(':');
}

function readCertificate(cert: string): X509Certificate {
  try {
    return new X509Certificate(cert);
  } catch (cause) {
    throw unusable('the certificate cannot be read; it must be PEM', cause);
  }
}

function unusable(why: string, cause?: unknown): ManyhandsError {
  const text = `Cannot use this TLS certificate and key: ${why}.`;
  return new ManyhandsError('TLS_UNUSABLE', text, {}, { cause });
}
