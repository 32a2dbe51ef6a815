/**
 * Remembered digests of files.
 * @module
 */
import { expect, it } from 'vitest';
import { sha256Hex } from '../../lib/crypto/sha256.js';
import { digestOf, rememberDigest, knownDigests } from './file-digests.js';

it('the cache of file digests computes an unknown digest, and returns a remembered one', () => {
  const bytes = new Uint8Array([1, 2, 3]);
  expect(digestOf(bytes)).toBe(sha256Hex(bytes));
  const checked = new Uint8Array([1, 2, 3]);
  rememberDigest(checked, 'as checked');
  expect(digestOf(checked)).toBe('as checked');
});

it('the cache of file digests lists the remembered digests of files without computing any', () => {
  const [known, unknown] = [new Uint8Array(1), new Uint8Array(2)];
  rememberDigest(known, 'k');
  expect(knownDigests({ a: known, b: unknown, c: new Blob(), d: { moduleKey: 'x' } })).toEqual({ a: 'k' });
});
