import { createHash } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { polyfillCrypto } from './polyfill-crypto.js';

/** The globals of a realm that is not a secure context. */
function insecureRealm(): { crypto: Crypto } {
  const getRandomValues = <T extends ArrayBufferView>(view: T): T =>
    globalThis.crypto.getRandomValues(view as never);
  return { crypto: { getRandomValues } as unknown as Crypto };
}

describe('the crypto polyfill of a realm that is not a secure context', () => {
  it.each(['SHA-1', 'sha-256', 'SHA-384', 'SHA-512'])('digests by %s as the platform does', async (name) => {
    const realm = insecureRealm();
    polyfillCrypto(realm);
    for (const bytes of [new Uint8Array(), new Uint8Array(1_000).fill(7).subarray(3, 900)]) {
      const expected = createHash(name.replace('-', '')).update(bytes).digest();
      for (const algorithm of [name, { name }]) {
        const found = await realm.crypto.subtle.digest(algorithm, bytes);
        expect(Buffer.from(found).equals(expected)).toBe(true);
      }
    }
  });

  it('rejects invalid arguments as the platform does', async () => {
    const realm = insecureRealm();
    polyfillCrypto(realm);
    const { subtle } = realm.crypto;
    await expect(subtle.digest('MD5', new Uint8Array(1))).rejects.toMatchObject({
      name: 'NotSupportedError',
    });
    await expect(subtle.digest('SHA-256', 'text' as never)).rejects.toThrow(TypeError);
    await expect(subtle.digest({} as never, new Uint8Array(1))).rejects.toThrow(TypeError);
  });

  it('digests without the methods of channels that job code may have replaced', async () => {
    vi.resetModules();
    const fresh = await import('./polyfill-crypto.js');
    const realm = insecureRealm();
    fresh.polyfillCrypto(realm);
    const replaced = vi.spyOn(MessagePort.prototype, 'postMessage');
    try {
      await realm.crypto.subtle.digest('SHA-256', new Uint8Array(1));
      // The polyfill posts 0; the test runner may use ports of its own.
      expect(replaced.mock.calls.filter(([message]) => message === 0)).toEqual([]);
    } finally {
      replaced.mockRestore();
    }
  });

  it('makes random UUIDs', () => {
    const realm = insecureRealm();
    polyfillCrypto(realm);
    const form = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    expect(realm.crypto.randomUUID()).toMatch(form);
    expect(realm.crypto.randomUUID()).not.toBe(realm.crypto.randomUUID());
  });

  it('is not replaced where the platform has it', () => {
    const { subtle, randomUUID } = globalThis.crypto;
    polyfillCrypto(globalThis);
    expect(globalThis.crypto.subtle).toBe(subtle);
    expect(globalThis.crypto.randomUUID).toBe(randomUUID);
  });
});
