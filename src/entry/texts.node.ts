/**
 * Texts and text functions that the commands share with lower layers. Not a public export.
 * @module
 */
export { NO_WORKERS_MESSAGE as NO_WORKERS } from '../deployer/connection/worker-watch.js';
export { escapeControls, printable } from '../lib/terminal-text.js';
