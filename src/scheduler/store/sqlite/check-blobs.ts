/**
 * Checks that each blob which a store references exists, with the referenced size.
 * @module
 */
import { decodeBlobRef, ENVELOPE_KIND } from '../../../protocol/segment/envelope.js';
import { decodeJobPackage } from '../../../protocol/job/job-package-codec.js';
import { SegmentReader } from '../../../protocol/segment/segment.js';
import { all, type QueryPlan } from '../rows/query-plan.js';

/** Rows that are read in one page. */
const PAGE = 256;
/** Largest number of defects that are reported. */
const DEFECTS_MAX = 100;

/** Sizes of the existing blobs in bytes, by digest. */
export type BlobSizes = ReadonlyMap<string, number>;

interface StoredRow {
  place: number;
  job_id: string;
  bytes: Uint8Array;
}

/** The defects as sentences: one for each blob, however many rows reference it. */
export function* checkBlobs(sizes: BlobSizes): QueryPlan<string[]> {
  const wrong = new Map<string, string>();
  const check = (jobId: string, what: string, digest: string, bytes?: number): void => {
    if (wrong.size >= DEFECTS_MAX) return;
    const size = sizes.get(digest);
    if (size === undefined) wrong.set(digest, `job ${jobId}: ${what} is in blob ${digest}, which is missing`);
    else if (bytes !== undefined && size !== bytes)
      wrong.set(digest, `job ${jobId}: blob ${digest} has ${size} bytes, and ${what} refers to ${bytes}`);
  };
  yield* eachRow('packages', 'bytes', '', ({ job_id: jobId, bytes }) => {
    for (const [what, digest] of blobsOfPackage(bytes)) check(jobId, what, digest);
  });
  for (const [table, column, where] of SEGMENTS) {
    yield* eachRow(table, column, where, ({ job_id: jobId, bytes }) => {
      const what = table === 'inputs' ? 'an input' : 'a result';
      const reader = new SegmentReader(bytes);
      if (reader.countOf(ENVELOPE_KIND.blob) === 0) return;
      for (let i = 0; i < reader.count; i++) {
        if (reader.kind(i) !== ENVELOPE_KIND.blob) continue;
        const ref = decodeBlobRef(reader.body(i));
        check(jobId, what, ref.digest, ref.bytes);
      }
    });
  }
  return [...wrong.values()];
}

const SEGMENTS = [
  ['inputs', 'body', `AND kind = 'segment'`],
  ['outputs', 'segment', ''],
] as const;

function* eachRow(
  table: string,
  column: string,
  where: string,
  check: (row: StoredRow) => void,
): QueryPlan<void> {
  for (let place = 0; ;) {
    const rows = yield* all<StoredRow>(
      `SELECT rowid AS place, job_id, ${column} AS bytes FROM ${table} WHERE rowid > ? ${where} ORDER BY rowid LIMIT ${PAGE}`,
      place,
    );
    for (const row of rows) {
      try {
        check(row);
      } catch {
        // Only tests store malformed packages and segments; a scheduler checks both before it accepts them.
      }
    }
    const last = rows.at(-1);
    if (last === undefined) return;
    place = last.place;
  }
}

function* blobsOfPackage(bytes: Uint8Array): Generator<[what: string, digest: string]> {
  const { source, args, fs, customWorktime, libraries, sourceMap, modules } = decodeJobPackage(bytes);
  const places = [
    ['its work function', source],
    ['its arguments', args],
    ['its files', fs],
    ['its custom worktime', customWorktime?.source],
    ['its libraries', libraries],
    ['its source map', sourceMap],
  ] as const;
  for (const [what, place] of places) {
    if (place !== undefined && 'blob' in place) yield [what, place.blob];
  }
  for (const { name, blob } of modules?.files ?? []) yield [`its package ${name}`, blob];
}
