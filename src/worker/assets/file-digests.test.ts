/**
 * Digests that are known already.
 * @module
 */
import { expect, it } from 'vitest';
import { sha256Hex } from '../../lib/crypto/sha256.js';
import { digestOf, knowDigest, knownDigests } from './file-digests.js';

it('computes a digest where nobody knows it, and believes who checked it', () => {
  const bytes = new Uint8Array([1, 2, 3]);
  expect(digestOf(bytes)).toBe(sha256Hex(bytes));
  const checked = new Uint8Array([1, 2, 3]);
  knowDigest(checked, 'as checked');
  expect(digestOf(checked)).toBe('as checked');
});

it('lists what is known of some files, and computes nothing for that', () => {
  const [known, unknown] = [new Uint8Array(1), new Uint8Array(2)];
  knowDigest(known, 'k');
  expect(knownDigests({ a: known, b: unknown, c: new Blob(), d: { moduleKey: 'x' } })).toEqual({ a: 'k' });
});
