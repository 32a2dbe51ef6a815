/**
 * The tables of the operator's decisions.
 * @module
 */
import type { BanKind } from '../../../protocol/messages/operator-messages.js';
import { integerColumn, textColumn } from './column.js';
import { table } from './table.js';

/** Jobs that the operator, or a ban, has paused. */
export const HOLDS = table(
  'holds',
  {
    jobId: textColumn('job_id'),
    reason: textColumn('reason'),
    /** The subject of the ban that paused the job; '' when the operator paused it. */
    banned: textColumn('banned'),
    atMs: integerColumn('at_ms'),
  },
  { primaryKey: ['jobId'], indexes: [{ name: 'holds_by_ban', fields: ['banned'] }] },
);

export const BANS = table(
  'bans',
  {
    subject: textColumn('subject'),
    kind: textColumn<BanKind>('kind'),
    reason: textColumn('reason'),
    atMs: integerColumn('at_ms'),
  },
  { primaryKey: ['subject'] },
);
