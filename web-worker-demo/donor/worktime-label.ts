/**
 * The label of a worktime, for display.
 * @module
 */
import { NAME_SHOWN_MAX, safeText } from './safe-text.js';

const LABELS: Record<string, string> = {
  'map-basic': 'JavaScript',
  pyodide: 'Python (Pyodide)',
  wasm: 'WebAssembly',
};

export function worktimeLabel(name: string): string {
  return Object.hasOwn(LABELS, name) ? LABELS[name]! : safeText(name, NAME_SHOWN_MAX);
}
