/**
 * The worktime `pyodide`: Python work functions in CPython on WebAssembly.
 * @module
 */
import type { WorktimeDescriptor } from '../runtime/descriptor.js';

export const pyodide = {
  name: 'pyodide',
  version: '314.0.7',
  defaultRange: '^314.0.0',
  label: 'Python (Pyodide)',
  language: 'Python',
  aliases: ['python', 'python3', 'py'],
  extensions: ['py'],
  needsWebAssembly: true,
  snapshot: true,
  assets: {
    package: 'pyodide',
    files: ['pyodide.mjs', 'pyodide.asm.mjs', 'pyodide.asm.wasm', 'python_stdlib.zip', 'pyodide-lock.json'],
    olderNames: { 'pyodide.asm.mjs': 'pyodide.asm.js' },
  },
} as const satisfies WorktimeDescriptor;
