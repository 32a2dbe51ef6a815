/**
 * A requirement together with who has it.
 * @module
 */
import type { Requirement } from './requirement.js';

export interface Demand {
  readonly requirement: Requirement;
  /** `job.modules`, or a package with its version: for error messages. */
  readonly by: string;
}
