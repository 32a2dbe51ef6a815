/**
 * Job packages of version 1, which stores of earlier releases still hold: their limit was named `limits.sliceMs`. They
 * are read and never written. Their bytes and digests, which offers were signed for, stay as they are.
 * @module
 */
import type { JobPackage } from './job-package.js';

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

export const isVersion1 = (raw: unknown): raw is Record<string, unknown> =>
  isMap(raw) && raw['version'] === 1;

/** A decoded package of version 1 with the names of version 2. Nothing is checked here. */
export function fromVersion1(raw: Record<string, unknown>): unknown {
  if (!isMap(raw['limits'])) return raw;
  const { sliceMs: sliceTimeoutMs, ...limits } = raw['limits'];
  return { ...raw, version: 2, limits: { sliceTimeoutMs, ...limits } };
}

/** What `fromVersion1` was given, with its fields in their canonical order. */
export function toVersion1(pkg: JobPackage): object {
  const { sliceTimeoutMs: sliceMs, noProgressMs } = pkg.limits;
  return { ...pkg, version: 1, limits: { sliceMs, noProgressMs } };
}
