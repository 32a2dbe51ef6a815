/**
 * The golden job packages: their canonical bytes and digests, which payment offers sign, may never change.
 * @module
 */
import { deepStrictEqual } from 'node:assert';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { JobPackage } from '../../src/protocol/job/job-package.js';
import { decodeJobPackage, encodeJobPackage, packageDigest } from '../../src/protocol/job/job-package-codec.js';
import { build, type Description } from './notation.js';

const vectors = JSON.parse(readFileSync(new URL('job-packages.json', import.meta.url), 'utf8')) as {
  name: string;
  package: Description;
  hex: string;
  digest: string;
}[];

test.each(vectors)('$name', (vector) => {
  const pkg = build(vector.package) as JobPackage;
  const bytes = encodeJobPackage(pkg);
  expect(Buffer.from(bytes).toString('hex')).toBe(vector.hex);
  expect(packageDigest(bytes)).toBe(vector.digest);
  deepStrictEqual(decodeJobPackage(Uint8Array.from(Buffer.from(vector.hex, 'hex'))), pkg);
});
