/** What people call a worktime. */
import { NAME_SHOWN_MAX, safeText } from './safe-text.js';

const WORDS: Record<string, string> = {
  'map-basic': 'JavaScript',
  pyodide: 'Python (Pyodide)',
  wasm: 'WebAssembly',
};

export function worktimeWord(name: string): string {
  return Object.hasOwn(WORDS, name) ? WORDS[name]! : safeText(name, NAME_SHOWN_MAX);
}
