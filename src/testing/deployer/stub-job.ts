/**
 * A job as `stub-deployer-scheduler.ts` keeps it: its package, what was appended, its journal.
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
  SignedOffer,
} from '../../protocol/messages/messages.js';

/** What a slice comes to: `{ value }`, `{ error }`, or bytes that are stored as a blob. */
export type StubOutcome = { value: unknown } | { error: unknown } | { blob: Uint8Array };

export class StubJob {
  readonly inputs: Input[] = [];
  readonly appendIds: string[] = [];
  readonly answers = new Map<string, { first: number; count: number }>();
  readonly journal: JournalRow[] = [];
  readonly outcomes: SegmentPart[] = [];
  readonly offers: SignedOffer[] = [];
  /** Its groups with a secret. */
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

  add(event: JournalEvent): void {
    const seq = this.journal.length + 1;
    this.journal.push({ seq, atMs: seq, status: { ...this.status, cursor: seq }, event });
  }
}
