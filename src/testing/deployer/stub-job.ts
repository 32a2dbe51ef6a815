/**
 * State of one job in `stub-deployer-scheduler.ts`: its package, its inputs and its journal.
 * @module
 */
import type { JobPackage } from '../../protocol/job/job-package.js';
import { decodeJobPackage } from '../../protocol/job/job-package-codec.js';
import type {
  GroupKey,
  Input,
  JobStatus,
  JournalEvent,
  JournalRow,
  SegmentPart,
  WireOffer,
} from '../../protocol/messages/messages.js';

/** Outcome of a slice: `{ value }`, `{ error }`, or bytes that are stored as a blob. */
export type StubOutcome = { value: unknown } | { error: unknown } | { blob: Uint8Array };

/** State of one `job.follow`. */
export interface StubFollow {
  jobId: string;
  after: number;
  cursor: number;
  window: number;
  /** Window at the start of the follow, in bytes; credit must never raise the window above it. */
  windowMax: number;
}

export class StubJob {
  readonly inputs: Input[] = [];
  readonly appendIds: string[] = [];
  readonly appendReplies = new Map<string, { first: number; count: number }>();
  readonly journal: JournalRow[] = [];
  readonly outcomes: SegmentPart[] = [];
  readonly offers: WireOffer[] = [];
  /** Compute groups of the job, with their secrets. */
  groups: GroupKey[] = [];
  total = 0;
  open = true;
  accepted = 0;
  failed = 0;
  runStatus: JobStatus['runStatus'] = 'running';
  reason: string | undefined;

  constructor(
    readonly jobId: string,
    readonly owner: string,
    readonly bytes: Uint8Array,
  ) {}

  get package(): JobPackage {
    return decodeJobPackage(this.bytes);
  }

  get status(): JobStatus {
    const { jobId, runStatus, open, total, accepted, failed, reason } = this;
    const cursor = this.journal.length;
    const status: JobStatus = {
      jobId,
      runStatus,
      open,
      total,
      leased: 0,
      accepted,
      failed,
      workers: 0,
      cursor,
      paid: 0n,
    };
    return reason === undefined ? status : { ...status, reason };
  }

  appendJournal(event: JournalEvent): void {
    const seq = this.journal.length + 1;
    this.journal.push({ seq, atMs: seq, status: { ...this.status, cursor: seq }, event });
  }
}
