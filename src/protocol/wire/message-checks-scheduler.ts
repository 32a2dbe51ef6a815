/**
 * The shapes of the scheduler's messages that are no replies, by type of message. Replies are in `reply-checks.ts`.
 * @module
 */
import { LEASE_SLICES_MAX, SEGMENT_SLICES_MAX, WORKTIMES_MAX } from '../limits.js';
import {
  array,
  atLeast,
  digest,
  id,
  integer,
  object,
  boolean,
  oneOf,
  optional,
  tagged,
  units,
} from './message-checks.js';
import type { Check } from './message-checks.js';
import {
  consoleFields,
  cursor,
  epoch,
  input,
  jobStatus,
  name,
  progressFields,
  reason,
  segmentPart,
  sliceCount,
  sliceNumber,
  wallMs,
  wireError,
  worktimeName,
} from './message-checks-shared.js';
import type {
  InputPart,
  JournalEvent,
  JournalRow,
  Lease,
  Refusal,
  SchedulerNotices,
  Welcome,
} from '../messages/messages.js';

/** Rows, or parts, in one message; the size of messages limits them further. */
const LIST_MAX = SEGMENT_SLICES_MAX;

export const welcome = object<Omit<Welcome, 'type'>>({
  protocol: integer(0),
  software: name,
  schedulerId: digest,
  nowMs: wallMs,
  challenge: digest,
  worktimes: array(worktimeName, WORKTIMES_MAX),
  minimumPrice: units,
});

export const refusal = object<Omit<Refusal, 'type'>>({ replyTo: integer(0), error: wireError });

type Event<K extends JournalEvent['kind']> = Extract<JournalEvent, { kind: K }>;

const journalEvent = tagged<JournalEvent>('kind', {
  accepted: object<Event<'accepted'>>({ kind: oneOf('accepted') }),
  appended: object<Event<'appended'>>({ kind: oneOf('appended'), first: sliceNumber, count: sliceCount }),
  outcomes: object<Event<'outcomes'>>({ kind: oneOf('outcomes'), parts: array(segmentPart, LIST_MAX) }),
  closed: object<Event<'closed'>>({ kind: oneOf('closed') }),
  completed: object<Event<'completed'>>({ kind: oneOf('completed') }),
  cancelled: object<Event<'cancelled'>>({ kind: oneOf('cancelled'), reason }),
  paused: object<Event<'paused'>>({ kind: oneOf('paused'), reason }),
  resumed: object<Event<'resumed'>>({ kind: oneOf('resumed') }),
} satisfies { [K in JournalEvent['kind']]: Check<Event<K>> });

const journalRow = object<JournalRow>({
  seq: cursor,
  epoch: optional(epoch),
  atMs: wallMs,
  status: jobStatus,
  event: journalEvent,
});

const lease = object<Lease>({
  leaseId: id,
  jobId: id,
  packageDigest: digest,
  first: sliceNumber,
  count: integer(1, LEASE_SLICES_MAX),
  inputs: array(object<InputPart>({ first: sliceNumber, input }), LEASE_SLICES_MAX),
  leaseMs: atLeast(0),
  estimatedSliceMs: optional(atLeast(0)),
});

export const SCHEDULER_NOTICE_CHECKS: { readonly [K in keyof SchedulerNotices]: Check<SchedulerNotices[K]> } =
  {
    'job.journal': object({ jobId: id, rows: array(journalRow, LIST_MAX) }),
    'job.console': object<SchedulerNotices['job.console']>({
      jobId: id,
      attempt: integer(1),
      ...consoleFields,
    }),
    'job.progress': object<SchedulerNotices['job.progress']>({
      jobId: id,
      ...progressFields,
    }),
    'lease.grant': object({ request: integer(0), lease }),
    'lease.recall': object<SchedulerNotices['lease.recall']>({
      leaseId: id,
      isRequesterWarm: optional(boolean),
    }),
    'lease.revoke': object({ leaseId: id, reason }),
    goodbye: object({ error: wireError }),
  };
