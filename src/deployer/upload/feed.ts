/**
 * Streams an input to the scheduler: packs envelopes into segments, sends them in order with a bounded number of
 * bytes in flight, and never holds more of an iterable than that. A retry of an append changes nothing.
 * @module
 */
import type { CancelTimer, Clock } from '../../lib/clock.js';
import { deferred, type Deferred } from '../../lib/deferred.js';
import { ManyhandsError } from '../../lib/errors.js';
import { newId } from '../../lib/crypto/ids.js';
import type { Random } from '../../lib/crypto/random.js';
import type { BlobRef } from '../../protocol/segment/envelope.js';
import type { Input } from '../../protocol/messages/messages.js';
import { closeIterator, type JobInput } from './input.js';
import type { ReadAhead } from './read-ahead.js';
import { SegmentPacker, type PackedSegment } from './segment-packer.js';
import { ByteWindow } from './byte-window.js';

/** Bytes of appends that are sent and not acknowledged. */
const WINDOW_BYTES = 4 * 1024 * 1024;
/** Appends that are sent and not acknowledged. */
const WINDOW_APPENDS = 64;
/** What is packed of a slow iterable leaves after so long, full or not. */
const FLUSH_MS = 20;
/** The event loop gets its turn after so long. */
const TURN_MS = 8;

export interface FeedPorts {
  clock: Clock;
  random: Random;
  yieldNow: () => Promise<void>;
  putBlob: (ref: BlobRef, bytes: Uint8Array) => Promise<void>;
  append: (appendId: string, input: Input) => Promise<{ first: number; count: number }>;
  /** Bounds an input of unknown length. */
  ahead?: ReadAhead;
}

export interface FeedSummary {
  /** The number of the first slice; 0 where there was none. */
  readonly firstSliceNumber: number;
  /** The number of the last slice; 0 where there was none. */
  readonly lastSliceNumber: number;
  readonly count: number;
}

export class Feed {
  /** Resolves when everything is handed to the connection, in order; a close may be sent behind it. */
  readonly sent: Promise<void>;
  /** Resolves when all of it is committed. Rejects with the first error; then nothing more is sent. */
  readonly done: Promise<FeedSummary>;
  readonly #ports: FeedPorts;
  readonly #window = new ByteWindow({ bytesMax: WINDOW_BYTES, countMax: WINDOW_APPENDS });
  readonly #packer: SegmentPacker;
  readonly #ahead: ReadAhead | undefined;
  readonly #stopped: Deferred<never> = deferred<never>();
  #stop: { reason: unknown } | undefined;
  /** The last append that was queued: those behind it wait for its turn. */
  #queue: Promise<void> = Promise.resolve();
  #answers = 0;
  #allAnswered: Deferred<void> | undefined;
  #first = 0;
  #last = 0;
  #count = 0;
  #read = 0;
  #turnEndsMs = 0;

  /** Starts at once. `label` names the input in errors: `data[17]`. */
  constructor(ports: FeedPorts, input: JobInput, label = 'data') {
    this.#ports = ports;
    this.#packer = new SegmentPacker(label, ports.putBlob);
    this.#ahead = input.slices === undefined ? ports.ahead : undefined;
    this.#stopped.promise.catch(() => undefined);
    const sending = this.#send(input);
    this.sent = Promise.race([sending, this.#stopped.promise]);
    this.done = Promise.race([this.#finish(), this.#stopped.promise]);
    sending.catch((error: unknown) => this.stop(error));
    this.sent.catch(() => undefined);
    this.done.catch(() => undefined);
  }

  /** Slices that were read from the input so far. */
  get read(): number {
    return this.#read;
  }

  /** Slices that are committed so far. */
  get committed(): number {
    return this.#count;
  }

  /** Reads and sends nothing more; `sent` and `done` reject with `reason` where they have not resolved. */
  stop(reason: unknown): void {
    if (this.#stop !== undefined) return;
    this.#stop = { reason };
    this.#stopped.reject(reason);
    this.#window.abandon();
  }

  async #finish(): Promise<FeedSummary> {
    await this.sent;
    if (this.#answers > 0) {
      this.#allAnswered = deferred();
      await this.#allAnswered.promise;
    }
    return { firstSliceNumber: this.#first, lastSliceNumber: this.#last, count: this.#count };
  }

  async #send(input: JobInput): Promise<void> {
    if (input.kind === 'range') this.#read = input.range.count;
    if (input.kind === 'range') await this.#queueAppend(input.range, 0, undefined);
    else if (input.kind === 'values') await this.#sendValues(input.values);
    else await this.#sendStream(input.iterator);
    await this.#queue;
  }

  async #sendValues(values: Iterable<unknown>): Promise<void> {
    const iterator = guarded(() => values[Symbol.iterator]());
    this.#turnEndsMs = this.#ports.clock.monotonicMs() + TURN_MS;
    let ended = false;
    try {
      for (;;) {
        const next = guarded(() => checked(iterator.next()));
        if (next.done === true) {
          ended = true;
          break;
        }
        this.#add(next.value);
        if (!this.#packer.full && this.#ahead?.isFull !== true) continue;
        await this.#flush();
        await this.#roomAhead();
        await this.#takeTurns();
        if (this.#stop !== undefined) return;
      }
      await this.#flush();
    } finally {
      if (!ended) closeIterator(iterator);
    }
  }

  async #sendStream(iterator: AsyncIterator<unknown>): Promise<void> {
    let ended = false;
    let cancelFlush: CancelTimer | undefined;
    const flushLater = (): void => {
      cancelFlush = undefined;
      if (this.#stop !== undefined) return;
      // While the window is full what is read waits in one segment, so that no queue of small ones builds up.
      if (this.#window.isFull) cancelFlush = this.#ports.clock.after(FLUSH_MS, flushLater);
      else void this.#flush();
    };
    // A source that never yields again must not keep its resources once nobody waits for it.
    this.#stopped.promise.catch(() => closeIterator(iterator));
    try {
      for (;;) {
        const next = await guardedAsync(iterator);
        if (this.#stop !== undefined) return;
        if (next.done === true) {
          ended = true;
          break;
        }
        this.#add(next.value);
        if (!this.#packer.full && this.#ahead?.isFull !== true) {
          cancelFlush ??= this.#ports.clock.after(FLUSH_MS, flushLater);
          continue;
        }
        cancelFlush?.();
        cancelFlush = undefined;
        await this.#flush();
        await this.#roomAhead();
        await this.#takeTurns();
        if (this.#stop !== undefined) return;
      }
      cancelFlush?.();
      await this.#flush();
    } finally {
      cancelFlush?.();
      if (!ended && this.#stop === undefined) closeIterator(iterator);
    }
  }

  #add(value: unknown): void {
    this.#packer.add(value);
    this.#read++;
    this.#ahead?.read();
  }

  /** Waits where the input is as far ahead of what is computed as it may be, or until this feed stops. */
  async #roomAhead(): Promise<void> {
    if (this.#ahead?.isFull !== true) return;
    await this.#ahead.room(this.#stopped.promise.catch(() => undefined));
  }

  /** Sends what is packed; resolves when more may be packed. */
  #flush(): Promise<void> | undefined {
    if (this.#packer.empty) return undefined;
    const { segment, count, bytes, ready } = this.#packer.finish();
    this.#ahead?.sent(bytes);
    return this.#queueAppend({ kind: 'segment', count, segment }, bytes, ready);
  }

  /** Queues one append behind those before it; resolves when the window has taken it. */
  #queueAppend(input: Input, bytes: number, ready: PackedSegment['ready']): Promise<void> {
    const turn = this.#window.acquire(bytes);
    // What failed in a queue that nobody awaits surfaces by `stop`.
    this.#queue = this.#appendInTurn(this.#queue, turn, ready, input, bytes);
    this.#queue.catch((error: unknown) => this.stop(error));
    return turn ?? Promise.resolve();
  }

  async #appendInTurn(
    before: Promise<void>,
    turn: Promise<void> | undefined,
    ready: Promise<void> | undefined,
    input: Input,
    bytes: number,
  ): Promise<void> {
    await before;
    if (turn !== undefined) await turn;
    if (ready !== undefined) await ready;
    if (this.#stop !== undefined) return;
    this.#answers++;
    this.#ports.append(newId(this.#ports.random), input).then(
      (answer) => this.#answered(answer, bytes),
      (error: unknown) => this.stop(error),
    );
  }

  #answered({ first, count }: { first: number; count: number }, bytes: number): void {
    this.#answers--;
    if (this.#first === 0) this.#first = first;
    this.#last = first + count - 1;
    this.#count += count;
    this.#ahead?.committed(first, count, bytes);
    this.#window.release(bytes);
    if (this.#answers === 0) this.#allAnswered?.resolve();
  }

  async #takeTurns(): Promise<void> {
    const { clock, yieldNow } = this.#ports;
    if (clock.monotonicMs() < this.#turnEndsMs) return;
    await yieldNow();
    this.#turnEndsMs = clock.monotonicMs() + TURN_MS;
  }
}

/** Runs a step of the caller's iterator: what it throws is the caller's error, with its own as the cause. */
function guarded<T>(step: () => T): T {
  try {
    return step();
  } catch (cause) {
    throw inputFailed(cause);
  }
}

async function guardedAsync(iterator: AsyncIterator<unknown>): Promise<IteratorResult<unknown>> {
  try {
    return checked(await iterator.next());
  } catch (cause) {
    throw inputFailed(cause);
  }
}

/** What `for of` checks too: without it an iterator that gives no objects would go on for ever. */
function checked(next: IteratorResult<unknown>): IteratorResult<unknown> {
  if (Object(next) === next) return next;
  throw new TypeError(`Its next() gave ${typeof next}, which is no iterator result like { value, done }.`);
}

function inputFailed(cause: unknown): ManyhandsError {
  const text = cause instanceof Error ? cause.message : String(cause);
  return new ManyhandsError('INPUT_FAILED', `The input's iterator failed: ${text}`, {}, { cause });
}
