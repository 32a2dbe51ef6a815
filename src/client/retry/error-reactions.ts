/**
 * What a client of a scheduler does by itself about an error, by its code: the one table for lost connections, refused
 * requests and transfers. `ERROR_TABLE` tells a caller whether to call again; this table tells when the client does.
 * @module
 */
import { isError, type ErrorCode } from '../../lib/errors.js';

/**
 * - `retry`: it tries again after the back-off.
 * - `retry-later`: it also waits a minute before: the scheduler ended the connection on purpose.
 * - `next-connection`: the request was not executed, and is sent again on the next connection.
 * - `when-store-accepts`: the request was not executed, and is sent again while the store accepts no writes, if the request
 *   has a retry policy.
 * - `ask-owner`: only the owner of the paying account can resolve it.
 * - `fatal`: the caller gets the error.
 */
export type Reaction =
  'retry' | 'retry-later' | 'next-connection' | 'when-store-accepts' | 'ask-owner' | 'fatal';

/** A code that is not listed is fatal. */
const REACTIONS: Partial<Record<ErrorCode, Reaction>> = {
  CONNECT_FAILED: 'retry',
  CONNECTION_LOST: 'retry',
  TIMEOUT: 'retry',
  DRAINING: 'retry',
  INTERNAL: 'retry',
  EVICTED: 'retry-later',
  SHUTTING_DOWN: 'next-connection',
  STORE_BUSY: 'when-store-accepts',
  STORE_FULL: 'when-store-accepts',
  STORE_FAILED: 'when-store-accepts',
  OFFER_UNDERFUNDED: 'ask-owner',
};

/** The reaction to an error, or to the code of one; an error without a known code is fatal. */
export function reactionTo(error: unknown): Reaction {
  const code = typeof error === 'string' ? error : isError(error) ? error.code : undefined;
  return (code !== undefined && REACTIONS[code as ErrorCode]) || 'fatal';
}

/** Whether the client tries again, at once or later. */
export function isRetried(error: unknown): boolean {
  const reaction = reactionTo(error);
  return reaction !== 'fatal' && reaction !== 'ask-owner';
}
