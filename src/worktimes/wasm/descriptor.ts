/**
 * The worktime `wasm`: a WebAssembly module is the work function.
 * @module
 */
import type { WorktimeDescriptor } from '../runtime/descriptor.js';

export const wasm = {
  name: 'wasm',
  version: '1.0.0',
  defaultRange: '^1.0.0',
  label: 'WebAssembly',
  aliases: ['webassembly', 'wasi'],
  extensions: ['wasm', 'wat'],
  magic: [0x00, 0x61, 0x73, 0x6d],
  needsWebAssembly: true,
} as const satisfies WorktimeDescriptor;
