import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SeededRandom } from '../../testing/seeded-random.js';
import { makeSelfSigned } from './self-signed.js';
import { checkTlsPair, openSelfSigned, SELF_SIGNED_CERT } from './tls-pair.js';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const DAY_MS = 86_400_000;
const HOSTS = ['localhost', 'box.local', '127.0.0.1', '192.168.1.20', '::1', 'fd00::12:ab'];
const random = new SeededRandom(5);

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'manyhands-tls-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

describe('a self-signed certificate', () => {
  const { cert, key } = makeSelfSigned(HOSTS, NOW, random);
  const read = new X509Certificate(cert);

  it('names each host and address, is self-signed, and cannot sign others', () => {
    for (const host of ['localhost', 'box.local']) expect(read.checkHost(host)).toBe(host);
    for (const address of HOSTS.slice(2)) expect(read.checkIP(address)).toBe(address);
    expect(read.checkHost('elsewhere.org')).toBeUndefined();
    expect(read.checkIP('192.168.1.21')).toBeUndefined();
    expect(read.verify(read.publicKey)).toBe(true);
    expect(read.ca).toBe(false);
    expect(Date.parse(read.validFrom)).toBeLessThan(NOW);
    expect((Date.parse(read.validTo) - Date.parse(read.validFrom)) / DAY_MS).toBe(397);
    expect(checkTlsPair({ cert, key }, NOW)).toMatchObject({ isSelfSigned: true });
  });

  it('is accepted by openssl', async () => {
    const file = join(dir, 'cert.pem');
    await writeFile(file, cert);
    const text = execFileSync('openssl', ['x509', '-in', file, '-noout', '-text'], { encoding: 'utf8' });
    expect(text).toMatch(/Version: 3/);
    expect(text).toMatch(/Signature Algorithm: ecdsa-with-SHA256/);
    expect(text).toMatch(/TLS Web Server Authentication/);
    const verification = execFileSync('openssl', [
      'verify',
      '-CAfile',
      file,
      '-attime',
      String(NOW / 1_000),
      file,
    ]);
    expect(String(verification)).toMatch(/OK/);
  });

  it('encodes dates from 2050 on with four digits of the year', () => {
    const late = makeSelfSigned(['localhost'], Date.parse('2049-12-31T00:00:00Z'), random);
    expect(new X509Certificate(late.cert).validTo).toMatch(/2051|2050/);
  });
});

describe('the pair of a data folder', () => {
  it('is created once, with a key that only its owner can read', async () => {
    const first = await openSelfSigned(dir, HOSTS, NOW, random);
    const again = await openSelfSigned(dir, HOSTS, NOW + DAY_MS, random);
    expect(again.fingerprint).toBe(first.fingerprint);
    expect(first.fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    expect((await stat(join(dir, 'tls', 'key.pem'))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(dir, SELF_SIGNED_CERT), 'utf8')).toBe(first.cert);
  });

  it.each<[string, string[], number]>([
    ['lacks one address', [...HOSTS, '10.0.0.7'], NOW],
    ['expires soon', HOSTS, NOW + 380 * DAY_MS],
    ['has expired', HOSTS, NOW + 400 * DAY_MS],
  ])('is created again when it %s', async (_why, hosts, nowMs) => {
    const first = await openSelfSigned(dir, HOSTS, NOW, random);
    const second = await openSelfSigned(dir, hosts, nowMs, random);
    expect(second.fingerprint).not.toBe(first.fingerprint);
    expect((await openSelfSigned(dir, hosts, nowMs, random)).fingerprint).toBe(second.fingerprint);
  });

  it('is created again when half of it is missing', async () => {
    await openSelfSigned(dir, HOSTS, NOW, random);
    await writeFile(join(dir, 'tls', 'key.pem'), 'half');
    await expect(openSelfSigned(dir, HOSTS, NOW, random)).resolves.toMatchObject({ isSelfSigned: true });
  });
});

it('the scheduler reports what is wrong with a given certificate and key', () => {
  const one = makeSelfSigned(HOSTS, NOW, random);
  const other = makeSelfSigned(HOSTS, NOW, random);
  const wrong: [Parameters<typeof checkTlsPair>[0], RegExp, number?][] = [
    [{ cert: 'no', key: one.key }, /certificate cannot be read/],
    [{ cert: one.cert, key: 'no' }, /key cannot be read/],
    [{ cert: one.cert, key: other.key }, /not that of the certificate/],
    [one, /ended on/, NOW + 500 * DAY_MS],
  ];
  for (const [files, text, nowMs = NOW] of wrong) {
    expect(() => checkTlsPair(files, nowMs)).toThrow(
      expect.objectContaining({ code: 'TLS_UNUSABLE', message: expect.stringMatching(text) as string }),
    );
  }
  expect(checkTlsPair({ cert: Buffer.from(one.cert), key: Buffer.from(one.key) }, NOW).cert).toBe(one.cert);
});
