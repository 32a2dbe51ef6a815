/**
 * Checks inputs, packages and outcomes before they are accepted: they must be well-formed, and every blob that they name
 * must be stored.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { decodeBlobRef, ENVELOPE_KIND } from '../../protocol/segment/envelope.js';
import type { JobPackage } from '../../protocol/job/job-package.js';
import type { Input } from '../../protocol/messages/messages.js';
import { isDescribed } from '../../protocol/input/described-inputs.js';
import { decodeRemote, originOf } from '../../protocol/input/remote-url.js';
import { SegmentReader } from '../../protocol/segment/segment.js';
import { CUSTOM_WORKTIME_HOST } from '../../worktimes/registry.js';
import { unknownBlob, type BlobValues } from '../blobs/blob-values.js';
import type { BlobStore } from '../blobs/blob-store.js';

/**
 * Checks an input. A description needs no check beyond its message's.
 * @returns the origins of the remote addresses in it
 * @throws SEGMENT_MALFORMED, BLOB_UNKNOWN
 */
export async function checkInput(blobs: BlobStore, input: Input): Promise<readonly string[]> {
  if (isDescribed(input)) return [];
  const reader = new SegmentReader(input.segment);
  if (reader.count !== input.count) {
    throw new ManyhandsError(
      'SEGMENT_MALFORMED',
      `the input announces ${input.count} slices, and its segment has ${reader.count}`,
      { path: 'job.append.input.count' },
    );
  }
  checkValues(reader, 'input');
  if (reader.hasOnly(ENVELOPE_KIND.value)) return [];
  const found = new Set<string>();
  const origins = new Set<string>();
  for (let i = 0; i < reader.count; i++) {
    const kind = reader.kind(i);
    if (kind === ENVELOPE_KIND.value) continue;
    if (kind === ENVELOPE_KIND.remote) {
      origins.add(originOf(decodeRemote(reader.body(i))));
      continue;
    }
    if (kind !== ENVELOPE_KIND.blob) {
      throw new ManyhandsError('SEGMENT_MALFORMED', `input ${i} is neither a value, a blob nor an address`, {
        index: i,
        kind,
      });
    }
    const { digest } = decodeBlobRef(reader.body(i));
    if (!found.has(digest)) await checkBlob(blobs, digest, `input ${i}`);
    found.add(digest);
  }
  return [...origins];
}

/** Checks the outcomes of a report: malformed ones are neither recorded nor paid. @throws SEGMENT_MALFORMED, BLOB_UNKNOWN */
export async function checkOutcomes(blobs: BlobValues, segment: Uint8Array): Promise<void> {
  const reader = new SegmentReader(segment);
  checkValues(reader, 'outcome');
  if (reader.hasOnly(ENVELOPE_KIND.value, ENVELOPE_KIND.error)) return;
  const found = new Set<string>();
  for (let i = 0; i < reader.count; i++) {
    const kind = reader.kind(i);
    if (kind === ENVELOPE_KIND.value || kind === ENVELOPE_KIND.error) continue;
    if (kind !== ENVELOPE_KIND.blob) {
      throw new ManyhandsError('SEGMENT_MALFORMED', `outcome ${i} is neither a value, a blob nor an error`, {
        index: i,
        kind,
      });
    }
    const ref = decodeBlobRef(reader.body(i));
    const key = `${ref.digest} ${ref.bytes}`;
    if (!found.has(key)) await blobs.check(ref, `outcome ${i}`);
    found.add(key);
  }
}

/** Checks the structure of all encoded values and errors, without decoding them. */
function checkValues(reader: SegmentReader, what: string): void {
  const index = reader.findMalformed();
  if (index === -1) return;
  throw new ManyhandsError('SEGMENT_MALFORMED', `${what} ${index} is not an encoded value`, {
    index,
  });
}

/**
 * Refuses features that the package format has but no worker implements.
 * @throws PACKAGE_MALFORMED
 */
export function checkSupported(pkg: JobPackage): void {
  const refuse = (field: keyof JobPackage, what: string): never => {
    throw new ManyhandsError('PACKAGE_MALFORMED', what, { field });
  };
  if (pkg.votes > 1) {
    refuse(
      'votes',
      `the job requires ${pkg.votes} agreeing executions of each slice, and this scheduler runs each slice once: set votes to 1`,
    );
  }
  if (pkg.customWorktime !== undefined && pkg.worktime.name !== CUSTOM_WORKTIME_HOST) {
    refuse(
      'customWorktime',
      `a custom worktime is a module that ${CUSTOM_WORKTIME_HOST} runs: ` +
        `set worktime.name to '${CUSTOM_WORKTIME_HOST}', not '${pkg.worktime.name}'`,
    );
  }
  const [required] = Object.keys(pkg.requirements);
  if (required !== undefined) {
    refuse('requirements', `workers do not announce capabilities: '${required}' cannot be required`);
  }
}

/** @throws BLOB_UNKNOWN when the package names a blob that is not stored */
export async function checkPackageBlobs(blobs: BlobStore, pkg: JobPackage): Promise<void> {
  if ('blob' in pkg.source) await checkBlob(blobs, pkg.source.blob, 'the work function');
  const custom = pkg.customWorktime?.source;
  if (custom !== undefined && 'blob' in custom) await checkBlob(blobs, custom.blob, 'the custom worktime');
  if (pkg.libraries !== undefined) await checkBlob(blobs, pkg.libraries.blob, 'the libraries');
  if (pkg.sourceMap !== undefined) await checkBlob(blobs, pkg.sourceMap.blob, 'the source map');
  if ('blob' in pkg.args) await checkBlob(blobs, pkg.args.blob, 'the arguments');
  if (pkg.fs !== undefined) await checkBlob(blobs, pkg.fs.blob, 'the JobFS bundle');
  for (const { blob, name } of pkg.modules?.files ?? []) await checkBlob(blobs, blob, `the package ${name}`);
}

async function checkBlob(blobs: BlobStore, digest: string, what: string): Promise<void> {
  if ((await blobs.size(digest)) === undefined) throw unknownBlob(digest, what);
}
