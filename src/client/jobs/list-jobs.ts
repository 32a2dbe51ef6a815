/**
 * Lists the jobs of a scheduler, one page at a time, for their owner or for the operator.
 * @module
 */
import { decodeValue } from '../../protocol/values/values.js';
import type { JobListing } from '../../protocol/messages/messages.js';
import { ManyhandsError } from '../../lib/errors.js';
import { checkSignal } from '../../lib/abortable.js';
import { ID_PATTERN } from '../../lib/crypto/ids.js';
import { describeValue, readOptions } from '../../lib/options.js';
import { JOB_LIST_MAX, NAME_LENGTH_MAX } from '../../protocol/limits.js';
import type { DeployerRequests } from '../../protocol/messages/messages.js';
import type { CallOptions } from './call-options.js';
import { withJsonForm, toRemoteStatus, type RemoteStatus } from './status-info.js';

const LIMIT_DEFAULT = 20;

export interface ListOptions extends CallOptions {
  /** Id of the last job of the previous page: only older jobs are listed. */
  after?: string | undefined;
  /** Only jobs with that tag (`job.tags`). */
  tag?: string | undefined;
  /** Maximum number of jobs, 1 to 100. @default 20 */
  limit?: number | undefined;
}

/** One job of a list. */
export interface ListedJob extends RemoteStatus {
  owner: string;
  /** The public name of the job. */
  name: string;
  /** Wall time of the deployment, milliseconds since 1970. */
  createdMs: number;
  /** Price of one slice, units (1 credit = 10^9 units). */
  price: bigint;
  /** Its tags. */
  tags: string[];
  /** Its metadata; absent where it has none, or where this version cannot decode it. */
  metadata?: Record<string, unknown>;
}

export interface JobPage {
  jobs: ListedJob[];
  /** Whether there are older jobs. */
  more: boolean;
}

type RequestPage = (
  body: DeployerRequests['job.list'][0],
  options: { signal?: AbortSignal },
) => Promise<DeployerRequests['job.list'][1]>;

/** @throws UNKNOWN_OPTION, INVALID_ARGUMENT */
export async function listJobs(request: RequestPage, options: ListOptions = {}): Promise<JobPage> {
  const given = readOptions<ListOptions>(options, 'list', {
    after: true,
    tag: true,
    limit: true,
    signal: true,
  });
  const { after, tag, limit = LIMIT_DEFAULT } = given;
  const signal = checkSignal(given.signal);
  if (after !== undefined && !(typeof after === 'string' && ID_PATTERN.test(after))) {
    const text = `after must be the id of a job, 22 characters; got ${describeValue(after)}.`;
    throw new ManyhandsError('INVALID_ARGUMENT', text, { argument: 'after' });
  }
  if (tag !== undefined && !(typeof tag === 'string' && tag.length > 0 && tag.length <= NAME_LENGTH_MAX)) {
    const text = `tag must be a text of 1 to ${NAME_LENGTH_MAX} characters; got ${describeValue(tag)}.`;
    throw new ManyhandsError('INVALID_ARGUMENT', text, { argument: 'tag' });
  }
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > JOB_LIST_MAX) {
    const text = `limit must be a whole number from 1 to ${JOB_LIST_MAX}; got ${String(limit)}.`;
    throw new ManyhandsError('INVALID_ARGUMENT', text, { argument: 'limit' });
  }
  const { jobs, more } = await request(
    { limit, ...(after === undefined ? {} : { after }), ...(tag === undefined ? {} : { tag }) },
    signal === undefined ? {} : { signal },
  );
  return {
    jobs: jobs.map(toListedJob),
    more,
  };
}

function toListedJob({ status, tags = [], metadata, ...about }: JobListing): ListedJob {
  return withJsonForm({ ...toRemoteStatus(status), ...about, tags, ...decodeMetadata(metadata) });
}

function decodeMetadata(bytes: Uint8Array | undefined): Pick<ListedJob, 'metadata'> {
  if (bytes === undefined) return {};
  try {
    return { metadata: decodeValue(bytes) as Record<string, unknown> };
  } catch {
    return {};
  }
}
