/**
 * The state of an account at a scheduler.
 * @module
 */

/** Amounts are in units (1 credit = 10^9 units). */
export interface AccountInfo {
  address: string;
  balance: bigint;
  /** Reserved for the account's jobs. */
  escrow: bigint;
  /** Earned by computing so far. */
  earned: bigint;
}
