/**
 * The tags and the metadata of a job, which only its owner sees.
 * @module
 */
import { JOB_DETAILS, JOB_TAGS, type JobRecord } from '../schema/job-tables.js';
import type { QueryPlan } from './query-plan.js';
import { insertInto, selectOne } from './table-plans.js';

const insertRow = insertInto(JOB_DETAILS);
const insertTag = insertInto(JOB_TAGS);

/** The tags and the metadata of a job; undefined where it has neither. */
export const findDetails = selectOne(JOB_DETAILS, ['tags', 'metadata'], 'WHERE job_id = ?');

/** Stores what a new job has of them. */
export function* insertDetails(
  { jobId, owner, createdMs }: JobRecord,
  tags: string[],
  metadata: Uint8Array | undefined,
): QueryPlan<void> {
  if (tags.length === 0 && metadata === undefined) return;
  yield* insertRow({ jobId, tags, metadata: metadata ?? null });
  for (const tag of new Set(tags)) yield* insertTag({ owner, tag, createdMs, jobId });
}
