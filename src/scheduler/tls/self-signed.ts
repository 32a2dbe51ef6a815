/**
 * Creates a self-signed certificate, so that browsers on the local network get a secure context after one confirmation.
 * Node makes the key and the signature; this module encodes the certificate.
 * @module
 */
import { generateKeyPairSync, sign } from 'node:crypto';
import { isIP } from 'node:net';
import type { Random } from '../../lib/crypto/random.js';
import { ipv6Groups } from '../../lib/ip-address.js';
import {
  bits,
  implicitTag,
  explicitTag,
  derInteger,
  octets,
  oid,
  sequence,
  set,
  time,
  utf8,
  DER_TRUE,
} from './der.js';

/** Text in PEM. */
export interface PemPair {
  readonly cert: string;
  readonly key: string;
}

const DAY_MS = 86_400_000;
/** Some browsers refuse certificates that are valid for longer. */
const VALID_DAYS = 397;

const ECDSA_WITH_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));
const COMMON_NAME = '2.5.4.3';
const BASIC_CONSTRAINTS = '2.5.29.19';
const KEY_USAGE = '2.5.29.15';
const EXTENDED_KEY_USAGE = '2.5.29.37';
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const ALTERNATIVE_NAMES = '2.5.29.17';
/** The first bit of the key usage: the key signs handshakes, not other certificates. */
const DIGITAL_SIGNATURE = bits(Uint8Array.of(0x80), 7);

/** Creates a pair for these host names and IP addresses, valid from the day before `nowMs` (wall time). */
export function makeSelfSigned(hosts: readonly string[], nowMs: number, random: Random): PemPair {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const name = sequence(set(sequence(oid(COMMON_NAME), utf8('manyhands scheduler'))));
  const serial = random.bytes(16);
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  const version3 = explicitTag(0, derInteger(Uint8Array.of(2)));
  const body = sequence(
    version3,
    derInteger(serial),
    ECDSA_WITH_SHA256,
    name,
    sequence(time(nowMs - DAY_MS), time(nowMs + (VALID_DAYS - 1) * DAY_MS)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    explicitTag(3, sequence(...extensions(hosts))),
  );
  const signature = sign('sha256', body, privateKey);
  const cert = sequence(body, ECDSA_WITH_SHA256, bits(signature));
  return { cert: toPem(cert), key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

function extensions(hosts: readonly string[]): Uint8Array[] {
  return [
    sequence(oid(BASIC_CONSTRAINTS), DER_TRUE, octets(sequence())),
    sequence(oid(KEY_USAGE), DER_TRUE, octets(DIGITAL_SIGNATURE)),
    sequence(oid(EXTENDED_KEY_USAGE), octets(sequence(oid(SERVER_AUTH)))),
    sequence(oid(ALTERNATIVE_NAMES), octets(sequence(...hosts.map(alternativeName)))),
  ];
}

function alternativeName(host: string): Uint8Array {
  const kind = isIP(host);
  if (kind === 4) return implicitTag(7, Uint8Array.from(host.split('.').map(Number)));
  if (kind === 6)
    return implicitTag(7, Uint8Array.from(ipv6Groups(host).flatMap((group) => [group >> 8, group & 0xff])));
  return implicitTag(2, Buffer.from(host, 'ascii'));
}

function toPem(der: Uint8Array): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .match(/.{1,64}/g)!;
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
