/**
 * All functions of WASI preview 1 as a module imports them: each gives an error number. A failure that has none ends the
 * slice: so does what a memory quota, a limit or the host's own streams throw, which a program could overlook as a number.
 * @module
 */
import { ERRNO, WasiError } from './constants.js';
import { descriptorCalls, type WasiCall } from './calls-descriptors.js';
import { pathCalls } from './calls-paths.js';
import { systemCalls } from './calls-system.js';
import type { GuestMemory } from './guest-memory.js';
import type { WasiProcess } from './process.js';

/** Remembers what ended the slice: a module can catch what the host throws through it, and go on. */
export class HostFailure {
  #ended: { readonly error: unknown } | undefined;

  /** Throws again what was thrown first, if anything was. */
  check(): void {
    if (this.#ended !== undefined) throw this.#ended.error;
  }

  /** Runs `fn`; what it throws is kept. Throws at once where something was thrown before. */
  run<T>(fn: () => T): T {
    this.check();
    try {
      return fn();
    } catch (error) {
      this.#ended = { error };
      throw error;
    }
  }
}

export function wasiCalls(
  process: WasiProcess,
  memory: GuestMemory,
  failure: HostFailure,
): WebAssembly.ModuleImports {
  const calls = {
    ...descriptorCalls(process, memory),
    ...pathCalls(process, memory),
    ...systemCalls(process, memory),
  };
  return Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, numbered(call, failure)]));
}

function numbered(call: WasiCall, failure: HostFailure): (...args: never[]) => number {
  return (...args) =>
    failure.run(() => {
      try {
        call(...args);
        return ERRNO.SUCCESS;
      } catch (error) {
        if (error instanceof WasiError) return error.errno;
        throw error;
      }
    });
}
