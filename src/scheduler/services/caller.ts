/**
 * Who calls a service on jobs and accounts.
 * @module
 */

export interface Caller {
  /** The proved address; `OPERATOR_OWNER` for an operator that proved none. */
  readonly owner: string;
  /** Whether the caller may read and cancel the jobs of all owners. */
  readonly isOperator: boolean;
}

/** The owner of jobs that an operator deploys without a proved address. */
export const OPERATOR_OWNER = 'operator';
