/**
 * What a work function can do besides returning: emit events, store a checkpoint, read that of an earlier attempt, and give its
 * slice back. The supervisor checks and limits all of it again, since job code shares the sandbox.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { describeValue } from '../../lib/options.js';
import { TokenBucket } from '../../lib/token-bucket.js';
import {
  CHECKPOINT_BYTES_MAX,
  CHECKPOINT_INTERVAL_MS,
  CONSOLE_MESSAGES_PER_SECOND_MAX,
  EVENT_BYTES_MAX,
  NAME_LENGTH_MAX,
  REASON_LENGTH_MAX,
} from '../../protocol/limits.js';
import type { SandboxToSupervisor, SupervisorToSandbox } from '../../protocol/messages/sandbox-messages.js';
import { decodeValue, encodeValue } from '../../protocol/values/values.js';
import { withIntrinsics } from '../realm/intrinsics.js';

/** Captured: job code may replace them. */
const { Promise, Number, Uint8Array } = globalThis;

/** What an earlier attempt at a slice stored. */
export type SliceState = NonNullable<Extract<SupervisorToSandbox, { type: 'run' }>['checkpoint']>;

/** A slice that was given back. */
export interface Rejection {
  readonly sliceNumber: number;
  readonly reason: string;
  /** How often the slice is tried again in this sandbox first. */
  readonly retries: number;
}

export class SliceControls {
  /** Set by `work.reject`, until the loop that runs the slices handles it. */
  rejection: Rejection | undefined;
  readonly #post: (message: SandboxToSupervisor) => void;
  readonly #now: () => number;
  readonly #events: TokenBucket;
  #restored: SliceState | undefined;
  /** The decoded state of the slice with that number. */
  #decoded: { readonly sliceNumber: number; readonly value: unknown } | undefined;
  /** The slice that was tried again last, and how often. */
  #retried = { sliceNumber: 0, count: 0 };
  #savedMs = -Infinity;
  #saving: { readonly sliceNumber: number; readonly settle: (saved: boolean) => void } | undefined;

  constructor(post: (message: SandboxToSupervisor) => void, now: () => number) {
    this.#post = post;
    this.#now = now;
    this.#events = new TokenBucket(CONSOLE_MESSAGES_PER_SECOND_MAX, CONSOLE_MESSAGES_PER_SECOND_MAX, now());
  }

  /** Whether a checkpoint is on its way. */
  get isSaving(): boolean {
    return this.#saving !== undefined;
  }

  /** The batch that begins has this checkpoint of one of its slices, or none. */
  restore(checkpoint: SliceState | undefined): void {
    this.#restored = checkpoint;
    this.#decoded = undefined;
  }

  /** @returns whether it was sent: events are limited to some a second */
  emit(sliceNumber: number, name: unknown, value: unknown): boolean {
    if (typeof name !== 'string' || name.length === 0 || name.length > NAME_LENGTH_MAX) {
      const text = `work.emit needs a name of 1 to ${NAME_LENGTH_MAX} characters; got ${describeValue(name)}.`;
      throw new ManyhandsError('INVALID_ARGUMENT', text, { argument: 'name' });
    }
    const bytes = encodeWithin(value, EVENT_BYTES_MAX, 'EVENT_BYTES_MAX', 'an event');
    if (sliceNumber === 0 || !this.#events.take(this.#now())) return false;
    this.#post({ type: 'event', sliceNumber, name, value: bytes });
    return true;
  }

  /** Gives the slice back. @throws always */
  reject(sliceNumber: number, reason: unknown, retries: unknown): never {
    const text = typeof reason === 'string' ? reason.slice(0, REASON_LENGTH_MAX) : '';
    // As in DCP, `false` for the reason means one retry.
    const count = reason === false ? 1 : Number.isSafeInteger(retries) ? (retries as number) : 0;
    this.rejection ??= { sliceNumber, reason: text, retries: count };
    throw new ManyhandsError('WORK_REJECTED', text === '' ? 'The work function gave the slice back.' : text);
  }

  /** Whether the slice that was given back is tried again here; if so, it counts as not given back. */
  takeRetry(): boolean {
    const { sliceNumber, retries } = this.rejection!;
    const done = this.#retried.sliceNumber === sliceNumber ? this.#retried.count : 0;
    if (done >= retries) return false;
    this.#retried = { sliceNumber, count: done + 1 };
    this.rejection = undefined;
    return true;
  }

  /** What an earlier attempt at the slice stored; undefined for none, or where it cannot be read. */
  state(sliceNumber: number): unknown {
    if (this.#restored?.sliceNumber !== sliceNumber) return undefined;
    if (this.#decoded?.sliceNumber !== sliceNumber) {
      this.#decoded = { sliceNumber, value: decoded(this.#restored.state) };
    }
    return this.#decoded.value;
  }

  /**
   * Sends the state. Resolves with whether the scheduler has stored it: not where the last one was a short time ago, or is
   * still on its way, or the slice has ended meanwhile. @throws LIMIT_EXCEEDED, VALUE_NOT_CLONEABLE
   */
  checkpoint(sliceNumber: number, state: unknown): globalThis.Promise<boolean> {
    const nowMs = this.#now();
    if (sliceNumber === 0 || this.#saving !== undefined || nowMs - this.#savedMs < CHECKPOINT_INTERVAL_MS)
      return Promise.resolve(false);
    const bytes = encodeWithin(state, CHECKPOINT_BYTES_MAX, 'CHECKPOINT_BYTES_MAX', 'a checkpoint');
    this.#savedMs = nowMs;
    const saving = new Promise<boolean>((settle) => {
      this.#saving = { sliceNumber, settle };
    });
    this.#post({ type: 'checkpoint', sliceNumber, state: bytes });
    return saving;
  }

  /** The supervisor's answer to a checkpoint. */
  saved({ sliceNumber, saved }: Extract<SupervisorToSandbox, { type: 'checkpointed' }>): void {
    if (this.#saving?.sliceNumber === sliceNumber) this.#settle(saved);
  }

  /** The slice has ended: what waits for its checkpoint goes on before the sandbox is idle. */
  forget(): void {
    this.#decoded = undefined;
    this.#settle(false);
  }

  #settle(saved: boolean): void {
    const saving = this.#saving;
    this.#saving = undefined;
    saving?.settle(saved);
  }
}

/** @throws LIMIT_EXCEEDED, VALUE_NOT_CLONEABLE */
function encodeWithin(value: unknown, max: number, limit: string, what: string): Uint8Array<ArrayBuffer> {
  const bytes = withIntrinsics(() => encodeValue(value));
  if (bytes.byteLength <= max) return new Uint8Array(bytes);
  const text = `The value of ${what} has ${bytes.byteLength} bytes, encoded; it may have ${max}.`;
  throw new ManyhandsError('LIMIT_EXCEEDED', text, { limit, max, actual: bytes.byteLength });
}

/** It comes from another worker, so it may be anything. */
function decoded(state: Uint8Array): unknown {
  try {
    return withIntrinsics(() => decodeValue(state));
  } catch {
    return undefined;
  }
}
