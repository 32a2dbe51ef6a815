/**
 * The golden job packages: their canonical bytes and digests, which payment offers sign, may never change.
 * @module
 */
import { deepStrictEqual } from 'node:assert';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { JobPackage } from '../../src/protocol/job/job-package.js';
import {
  decodeJobPackage,
  encodeJobPackage,
  packageDigest,
} from '../../src/protocol/job/job-package-codec.js';
import { build, type Description } from './notation.js';

interface PackageVector {
  name: string;
  package: Description;
  hex: string;
  digest: string;
}

const load = (file: string): PackageVector[] =>
  JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as PackageVector[];

test.each(load('job-packages.json'))('a job package has these bytes and this digest: $name', (vector) => {
  const pkg = build(vector.package) as JobPackage;
  const bytes = encodeJobPackage(pkg);
  expect(Buffer.from(bytes).toString('hex')).toBe(vector.hex);
  expect(packageDigest(bytes)).toBe(vector.digest);
  deepStrictEqual(decodeJobPackage(Uint8Array.from(Buffer.from(vector.hex, 'hex'))), pkg);
});

test.each(load('job-packages-version-1.json'))(
  'a job package of version 1 is read with the names of version 2, and not written: $name',
  (vector) => {
    const bytes = Uint8Array.from(Buffer.from(vector.hex, 'hex'));
    expect(packageDigest(bytes)).toBe(vector.digest);
    const pkg = decodeJobPackage(bytes);
    deepStrictEqual(pkg, build(vector.package));
    expect(packageDigest(encodeJobPackage(pkg))).not.toBe(vector.digest);
  },
);
