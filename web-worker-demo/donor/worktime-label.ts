/**
 * The label of a worktime, for display.
 * @module
 */
import { worktimeLabel } from 'manyhands/worker';
import { NAME_SHOWN_MAX, safeText } from './safe-text.js';

/** The name of an unknown worktime comes from the network. */
export function worktimeText(name: string): string {
  return worktimeLabel(name) ?? safeText(name, NAME_SHOWN_MAX);
}
