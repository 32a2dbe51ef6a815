/**
 * Streams without buffers of their own: a stream of bytes makes the chunks that its source is asked for, where no
 * quota sees them, so streams carry values only.
 * @module
 */
import { wrapConstructor, type AnyConstructor } from './wrap-native.js';

const { apply, construct } = Reflect;
const { create } = Object;
const { TypeError } = globalThis;
const CALLS = ['start', 'pull', 'cancel'] as const;

export function limitStreams(scope: Record<string, unknown>): void {
  const Native = scope['ReadableStream'] as AnyConstructor | undefined;
  if (Native === undefined) return;
  wrapConstructor(scope, 'ReadableStream', Native, (args, newTarget) => {
    const given = args.length === 0 ? [] : [sourceOfValues(args[0]), args[1]];
    return construct(Native, given, newTarget) as object;
  });
}

/** Each property is read once: a second reading could find another type. */
function sourceOfValues(source: unknown): unknown {
  if (typeof source !== 'object' && typeof source !== 'function') return source;
  if (source === null) return source;
  const from = source as Record<string, unknown>;
  if (from['type'] !== undefined) throw new TypeError('A stream of bytes cannot be made here');
  const copy = create(null) as Record<string, unknown>;
  for (let i = 0; i < CALLS.length; i++) {
    const name = CALLS[i]!;
    const call = from[name];
    copy[name] =
      typeof call === 'function' ? (...given: unknown[]): unknown => apply(call, source, given) : call;
  }
  return copy;
}
