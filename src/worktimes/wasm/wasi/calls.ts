/**
 * All functions of WASI preview 1 as a module imports them: each returns an error number. Any error other than a `WasiError`
 * ends the slice, such as those of limits and of the host's streams: a program could ignore an error number.
 * @module
 */
import { ERRNO, WasiError } from './constants.js';
import { descriptorCalls, type WasiCall } from './calls-descriptors.js';
import { pathCalls } from './calls-paths.js';
import { systemCalls } from './calls-system.js';
import type { GuestMemory } from './guest-memory.js';
import type { WasiProcess } from './process.js';

/** Records the error that ends the slice: a module can catch an error that the host throws through it, and continue. */
export class HostFailure {
  #failure: { readonly error: unknown } | undefined;

  /** Throws the recorded error, if there is one. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Runs `fn` and records its error. Throws at once where an error was recorded before. */
  run<T>(fn: () => T): T {
    this.check();
    try {
      return fn();
    } catch (error) {
      this.#failure = { error };
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
  return Object.fromEntries(
    Object.entries(calls).map(([name, call]) => [name, withErrorNumber(call, failure)]),
  );
}

function withErrorNumber(call: WasiCall, failure: HostFailure): (...args: never[]) => number {
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
