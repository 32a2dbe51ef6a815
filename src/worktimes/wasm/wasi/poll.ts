/**
 * `poll_oneoff` of WASI: waits for a time or a stream; streams in memory are always ready. It busy-waits, since a thread
 * without shared memory cannot sleep.
 * @module
 */
import { CLOCK, ERRNO, EVENTTYPE_CLOCK, SUBCLOCKFLAGS_ABSTIME, WasiError } from './constants.js';
import type { GuestMemory } from './guest-memory.js';

const SUBSCRIPTION_BYTES = 48;
const EVENT_BYTES = 32;
const NS_PER_MS = 1e6;

interface Subscription {
  readonly userdata: bigint;
  readonly type: number;
  readonly errno: number;
  /** The time when it is due, as of `performance.now()`. */
  readonly dueMs: number;
}

/** Waits until one of the subscriptions is due; writes the events and their number. @throws EINVAL or RangeError */
export function pollOneoff(
  memory: GuestMemory,
  input: number,
  output: number,
  count: number,
  result: number,
): void {
  if (count === 0) throw new WasiError(ERRNO.INVAL);
  const start = input >>> 0;
  // Before an allocation for them: all must be within the memory.
  memory.checkRange(start, (count >>> 0) * SUBSCRIPTION_BYTES);
  const subscriptions = Array.from({ length: count >>> 0 }, (_, i) =>
    readSubscription(memory, start + i * SUBSCRIPTION_BYTES),
  );
  const firstMs = subscriptions.reduce((least, { dueMs }) => Math.min(least, dueMs), Infinity);
  let nowMs = performance.now();
  while (nowMs < firstMs) nowMs = performance.now();
  const due = subscriptions.filter(({ dueMs }) => dueMs <= nowMs);
  due.forEach((one, i) => writeEvent(memory, (output >>> 0) + i * EVENT_BYTES, one));
  memory.setU32(result, due.length);
}

function readSubscription(memory: GuestMemory, at: number): Subscription {
  const userdata = memory.getU64(at);
  const type = memory.getU8(at + 8);
  const nowMs = performance.now();
  if (type !== EVENTTYPE_CLOCK) return { userdata, type, errno: ERRNO.SUCCESS, dueMs: nowMs };
  const clock = memory.getU32(at + 16);
  const timeoutMs = Number(memory.getU64(at + 24)) / NS_PER_MS;
  const isAbsolute = (memory.getU16(at + 40) & SUBCLOCKFLAGS_ABSTIME) !== 0;
  if (clock !== CLOCK.MONOTONIC && clock !== CLOCK.REALTIME) {
    return { userdata, type, errno: ERRNO.NOTSUP, dueMs: nowMs };
  }
  const originMs = clock === CLOCK.REALTIME ? nowMs - Date.now() : 0;
  return {
    userdata,
    type,
    errno: ERRNO.SUCCESS,
    dueMs: isAbsolute ? originMs + timeoutMs : nowMs + timeoutMs,
  };
}

function writeEvent(memory: GuestMemory, at: number, { userdata, errno, type }: Subscription): void {
  memory.setU64(at, userdata);
  memory.setU16(at + 8, errno);
  memory.setU8(at + 10, type);
  memory.setU64(at + 16, type === EVENTTYPE_CLOCK ? 0n : 1n);
  memory.setU16(at + 24, 0);
}
