import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import vectors from '../../tests/vectors/keystores.json' with { type: 'json' };
import { isError } from '../lib/errors.js';
import { Keystore } from './keystore.js';
import { parseKeystoreJson } from './keystore-json.js';

type Json = Record<string, unknown>;

/** The scrypt example with one field changed; the path is dotted. */
function changed(path: string, value: unknown): Json {
  const json = structuredClone(vectors.scrypt) as Json;
  const keys = path.split('.');
  const last = keys.pop()!;
  const holder = keys.reduce((at, key) => at[key] as Json, json);
  holder[last] = value;
  return json;
}

describe('a keystore file', () => {
  it.each([
    ['version', 1],
    ['version', '4'],
    ['crypto', null],
    ['crypto', []],
    ['crypto.cipher', 'aes-128-cbc'],
    ['crypto.cipherparams', undefined],
    ['crypto.cipherparams.iv', '00'],
    ['crypto.cipherparams.iv', 'zz'.repeat(16)],
    ['crypto.ciphertext', '00'.repeat(23)],
    ['crypto.ciphertext', '00'.repeat(33)],
    ['crypto.ciphertext', 7],
    ['crypto.mac', `${'00'.repeat(31)}0`],
    ['crypto.kdf', 'argon2'],
    ['crypto.kdf', ['scrypt']],
    ['crypto.kdfparams.dklen', 64],
    ['crypto.kdfparams.salt', 'ab'.repeat(257)],
    ['crypto.kdfparams.n', 0],
    ['crypto.kdfparams.n', 1],
    ['crypto.kdfparams.n', 3],
    ['crypto.kdfparams.n', 2 ** 21],
    ['crypto.kdfparams.n', 2 ** 31],
    ['crypto.kdfparams.n', '1024'],
    ['crypto.kdfparams.n', 1024.5],
    ['crypto.kdfparams.r', 0],
    ['crypto.kdfparams.r', 65],
    ['crypto.kdfparams.p', -1],
    ['crypto.kdfparams.p', 1e9],
    ['crypto.kdfparams.p', Number.NaN],
    ['address', 'abc'],
    ['address', 5],
    ['id', {}],
  ])('with %s = %j is rejected before any key derivation', (path, value) => {
    expect(() => Keystore.fromJSON(changed(path, value))).toThrow(
      expect.objectContaining({ code: 'KEYSTORE_MALFORMED' }),
    );
  });

  it('cannot exceed the limits of memory and computation with numbers that are each valid', () => {
    const json = changed('crypto.kdfparams', { dklen: 32, n: 2 ** 20, r: 8, p: 2, salt: '' });
    expect(() => parseKeystoreJson(json)).toThrow(/too much computation/);
    const costly = changed('crypto.kdfparams', { dklen: 32, n: 2 ** 20, r: 8, p: 1, salt: '' });
    expect(parseKeystoreJson(costly)).toMatchObject({ version: 3 });
  });

  it('cannot exceed the limit of PBKDF2 rounds or use another hash', () => {
    for (const bad of [{ c: 2 ** 30 }, { c: 0 }, { prf: 'hmac-md5' }, { dklen: 16 }]) {
      const json = structuredClone(vectors.pbkdf2) as Json;
      Object.assign((json.crypto as Json).kdfparams as Json, bad);
      expect(() => parseKeystoreJson(json)).toThrow(expect.objectContaining({ code: 'KEYSTORE_MALFORMED' }));
    }
  });

  it.each(['', 'null', '[]', '"x"', '{', `${' '.repeat(70_000)}{}`])('that is %j is rejected', (text) => {
    expect(() => Keystore.fromJSON(text)).toThrow(expect.objectContaining({ code: 'KEYSTORE_MALFORMED' }));
  });

  it('drops unknown fields, and accepts an address in any form', () => {
    const json = {
      ...changed('address', '0x008AEEDA4D805471DF9B2A5B0F38A0C3BCBA786B'),
      secret: 'x',
      __proto__: { a: 1 },
    };
    expect(parseKeystoreJson(json)).toEqual({ ...vectors.scrypt, address: vectors.address.slice(2) });
  });

  it('of any content is parsed or rejected with a code', () => {
    const shapes = fc.oneof(
      fc.anything(),
      fc.string(),
      fc.json(),
      fc.record({ version: fc.constant(3), crypto: fc.anything() }),
      fc
        .tuple(
          fc.constantFrom(
            'crypto.kdfparams',
            'crypto.kdfparams.n',
            'crypto.cipherparams',
            'address',
            'crypto.kdf',
          ),
          fc.anything(),
        )
        .map(([path, value]) => changed(path, value)),
    );
    fc.assert(
      fc.property(shapes, (shape) => {
        try {
          parseKeystoreJson(shape);
        } catch (error) {
          expect(isError(error, 'KEYSTORE_MALFORMED'), String(error)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});
