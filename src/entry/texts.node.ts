/**
 * What the commands say in the same words as the parts below them. No public export.
 * @module
 */
export { NO_WORKERS } from '../deployer/connection/worker-watch.js';
export { escapeControls, printable } from '../lib/terminal-text.js';
