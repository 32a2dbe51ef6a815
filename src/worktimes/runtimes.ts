/**
 * The runtimes of all worktimes, for the program inside a sandbox. Each is imported on demand, so that a job pays for its own
 * alone; that of JavaScript belongs to the sandbox's script, since most jobs need it.
 * @module
 */
import { mapBasicRuntime } from './map-basic/runtime.js';
import type { BuiltInWorktime } from './registry.js';
import type { WorktimeRuntime } from './runtime/runtime.js';

const RUNTIMES: Record<BuiltInWorktime, () => WorktimeRuntime | Promise<WorktimeRuntime>> = {
  'map-basic': () => mapBasicRuntime,
  wasm: async () => (await import('./wasm/runtime.js')).wasmRuntime,
  pyodide: async () => (await import('./pyodide/runtime.js')).pyodideRuntime,
};

/** Undefined where this version has no such worktime. */
export async function importRuntime(name: string): Promise<WorktimeRuntime | undefined> {
  return Object.hasOwn(RUNTIMES, name) ? RUNTIMES[name as BuiltInWorktime]() : undefined;
}
