/**
 * Errors, texts and text functions that the commands share with lower layers, in a module that loads quickly. Not a public export.
 * @module
 */
export { isError, ManyhandsError } from '../lib/errors.js';
export { isNoScheduler, noSchedulerText } from '../client/connection/no-scheduler.js';
export { NO_WORKERS_MESSAGE } from '../deployer/connection/worker-watch.js';
export { escapeControls, printable } from '../lib/terminal-text.js';
export { describeWorktime, WORKTIMES } from '../worktimes/registry.js';
