/**
 * The functions of WASI preview 1 for arguments, environment variables, clocks, random numbers and exit, and those that are
 * not supported in a sandbox.
 * @module
 */
import { CLOCK, ERRNO, WasiError } from './constants.js';
import type { WasiCalls } from './calls-descriptors.js';
import type { GuestMemory } from './guest-memory.js';
import { nowNs } from './inodes.js';
import { pollOneoff } from './poll.js';
import { ProcessExit, type WasiProcess } from './process.js';

const NS_PER_MS = 1e6;
/** Resolution of the clocks, nanoseconds, to which browsers round them. */
const RESOLUTION_NS: Readonly<Record<number, bigint>> = {
  [CLOCK.REALTIME]: 1_000_000n,
  [CLOCK.MONOTONIC]: 5_000n,
};

/** The calls by their names. Pointers are byte offsets into the module's memory, as i32. */
export function systemCalls(process: WasiProcess, memory: GuestMemory): WasiCalls {
  return {
    ...textCalls('args', process.args, memory),
    ...textCalls('environ', process.env, memory),
    clock_res_get: (id: number, target: number) => memory.setU64(target, resolutionNs(id)),
    clock_time_get: (id: number, _precision: bigint, target: number) => memory.setU64(target, timeNs(id)),
    poll_oneoff: (input: number, output: number, count: number, result: number) =>
      pollOneoff(memory, input, output, count, result),
    proc_exit: (code: number) => {
      throw new ProcessExit(code);
    },
    proc_raise: unsupported,
    random_get: (target: number, length: number) => process.fillRandom(memory.bytes(target, length)),
    sched_yield: () => undefined,
    sock_accept: unsupported,
    sock_recv: unsupported,
    sock_send: unsupported,
    sock_shutdown: unsupported,
  };
}

/** The two calls for a list of zero-terminated texts: its sizes, and the texts with pointers to them. */
function textCalls(name: 'args' | 'environ', texts: readonly Uint8Array[], memory: GuestMemory): WasiCalls {
  return {
    [`${name}_sizes_get`]: (count: number, size: number) => {
      memory.setU32(count, texts.length);
      memory.setU32(
        size,
        texts.reduce((sum, text) => sum + text.length, 0),
      );
    },
    [`${name}_get`]: (list: number, buffer: number) => {
      let at = buffer >>> 0;
      texts.forEach((text, i) => {
        memory.setU32((list >>> 0) + 4 * i, at);
        memory.bytes(at, text.length).set(text);
        at += text.length;
      });
    },
  };
}

/** @throws EINVAL for an unknown clock */
function resolutionNs(id: number): bigint {
  const found = RESOLUTION_NS[id];
  if (found === undefined) throw new WasiError(ERRNO.INVAL);
  return found;
}

/**
 * The time of a clock, nanoseconds. The clocks of processor time equal the monotonic one: nothing else runs in the sandbox's
 * thread. @throws EINVAL for an unknown clock
 */
function timeNs(id: number): bigint {
  if (id === CLOCK.REALTIME) return nowNs();
  if (id === CLOCK.MONOTONIC || id === CLOCK.PROCESS_CPU || id === CLOCK.THREAD_CPU) {
    return BigInt(Math.round(performance.now() * NS_PER_MS));
  }
  throw new WasiError(ERRNO.INVAL);
}

function unsupported(): never {
  throw new WasiError(ERRNO.NOTSUP);
}
