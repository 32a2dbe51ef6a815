/**
 * The names that job code can use without declaring them, in any kind of sandbox: what the permit list leaves, and what is
 * defined afterwards.
 * @module
 */
import { JOB_GLOBALS } from '../runtime/job-globals.js';
import { PERMITTED_GLOBALS } from './permits.js';
import { WORKER_SCOPE_GLOBALS } from './worker-scope.js';

/** Some engines lack the newest of them. */
export const SANDBOX_GLOBALS: ReadonlySet<string> = new Set([
  ...PERMITTED_GLOBALS,
  ...WORKER_SCOPE_GLOBALS,
  ...JOB_GLOBALS,
]);
