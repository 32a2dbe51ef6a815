/**
 * The packers of all worktimes' work functions, for the deployer.
 * @module
 */
import { packJavaScript } from './map-basic/pack.js';
import { packTextSource } from './packing/pack-text.js';
import type { SourcePacker } from './packing/source-packer.js';
import type { BuiltInWorktime } from './registry.js';
import { packWasmModule } from './wasm/pack.js';

const PACKERS: Record<BuiltInWorktime, SourcePacker> = {
  'map-basic': packJavaScript,
  wasm: packWasmModule,
  pyodide: packTextSource,
};

/** A worktime that this version does not know, and the scheduler may know, gets its source as text. */
export function packerOf(worktime: string): SourcePacker {
  return Object.hasOwn(PACKERS, worktime) ? PACKERS[worktime as BuiltInWorktime] : packTextSource;
}
