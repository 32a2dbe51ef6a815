/**
 * `poll_oneoff` of WASI: waits for a time, or for a stream, where streams in memory are always ready. There is no way
 * to sleep in a thread without shared memory, so it counts the time away.
 * @module
 */
import { wasi as defs } from '@bjorn3/browser_wasi_shim';

const SUBSCRIPTION_BYTES = 48;
const EVENT_BYTES = 32;
const NS_PER_MS = 1e6;

interface Waiting {
  readonly userdata: bigint;
  readonly type: number;
  readonly errno: number;
  /** When it is due, by `performance.now()`. */
  readonly dueMs: number;
}

/** Waits until one of the subscriptions is due; writes the events and their number. */
export function pollOneoff(
  buffer: ArrayBufferLike,
  input: number,
  output: number,
  count: number,
  nevents: number,
): number {
  if (count === 0) return defs.ERRNO_INVAL;
  const view = new DataView(buffer);
  const waiting = Array.from({ length: count >>> 0 }, (_, i) =>
    subscription(view, input + i * SUBSCRIPTION_BYTES),
  );
  const firstMs = Math.min(...waiting.map(({ dueMs }) => dueMs));
  let nowMs = performance.now();
  while (nowMs < firstMs) nowMs = performance.now();
  const due = waiting.filter(({ dueMs }) => dueMs <= nowMs);
  due.forEach((one, i) => writeEvent(view, output + i * EVENT_BYTES, one));
  view.setUint32(nevents, due.length, true);
  return defs.ERRNO_SUCCESS;
}

function subscription(view: DataView, at: number): Waiting {
  const userdata = view.getBigUint64(at, true);
  const type = view.getUint8(at + 8);
  const nowMs = performance.now();
  if (type !== defs.EVENTTYPE_CLOCK) return { userdata, type, errno: defs.ERRNO_SUCCESS, dueMs: nowMs };
  const clock = view.getUint32(at + 16, true);
  const timeoutMs = Number(view.getBigUint64(at + 24, true)) / NS_PER_MS;
  const isAbsolute = (view.getUint16(at + 40, true) & defs.SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME) !== 0;
  if (clock !== defs.CLOCKID_MONOTONIC && clock !== defs.CLOCKID_REALTIME) {
    return { userdata, type, errno: defs.ERRNO_NOTSUP, dueMs: nowMs };
  }
  const originMs = clock === defs.CLOCKID_REALTIME ? nowMs - new Date().getTime() : 0;
  return {
    userdata,
    type,
    errno: defs.ERRNO_SUCCESS,
    dueMs: isAbsolute ? originMs + timeoutMs : nowMs + timeoutMs,
  };
}

function writeEvent(view: DataView, at: number, { userdata, errno, type }: Waiting): void {
  view.setBigUint64(at, userdata, true);
  view.setUint16(at + 8, errno, true);
  view.setUint8(at + 10, type);
  view.setBigUint64(at + 16, type === defs.EVENTTYPE_CLOCK ? 0n : 1n, true);
  view.setUint16(at + 24, 0, true);
}
