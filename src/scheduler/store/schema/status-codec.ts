/**
 * The stored form of a job's status, JSON text with its units as strings, because they can exceed JSON's safe integers.
 * @module
 */
import type { JobStatus } from '../../../protocol/messages/messages.js';
import type { Codec } from './column.js';

export const STATUS_CODEC: Codec<JobStatus> = {
  encode: (status) => JSON.stringify({ ...status, paid: String(status.paid) }),
  decode(stored) {
    const plain = JSON.parse(stored as string) as Omit<JobStatus, 'paid'> & { paid: string };
    return { ...plain, paid: BigInt(plain.paid) };
  },
};
