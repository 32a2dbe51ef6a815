/**
 * Uploads one input to the scheduler: packs values into segments and appends them in order. The bytes in flight, and so
 * the memory for an iterable, are limited. Appends are idempotent, so they can be repeated.
 * @module
 */
import type { CancelTimer, Clock } from '../../lib/clock.js';
import { deferred, type Deferred } from '../../lib/deferred.js';
import { isError, ManyhandsError } from '../../lib/errors.js';
import { newId } from '../../lib/crypto/ids.js';
import type { Random } from '../../lib/crypto/random.js';
import type { BlobRef } from '../../protocol/segment/envelope.js';
import type { DescribedInput, Input } from '../../protocol/messages/messages.js';
import { closeIterator, type JobInput } from '../call/input.js';
import { isBlob, readBlob } from '../arguments/read-blob.js';
import type { ReadAhead } from './read-ahead.js';
import { SegmentPacker, type PackedSegment } from './segment-packer.js';
import { ByteWindow } from './byte-window.js';

/** Maximum bytes of appends that are sent and not acknowledged. */
const WINDOW_BYTES = 4 * 1024 * 1024;
/** Maximum number of appends that are sent and not acknowledged. */
const WINDOW_APPENDS = 64;
/** Delay after which an incomplete segment of a slow iterable is sent, milliseconds. */
const FLUSH_MS = 20;
/** Time after which the upload yields to the event loop, milliseconds. */
const YIELD_AFTER_MS = 8;

export interface UploadPorts {
  clock: Clock;
  random: Random;
  yieldNow: () => Promise<void>;
  putBlob: (ref: BlobRef, bytes: Uint8Array) => Promise<void>;
  append: (appendId: string, input: Input) => Promise<{ first: number; count: number }>;
  /** Limits how far an input of unknown length is read ahead. */
  ahead?: ReadAhead;
}

export interface UploadSummary {
  /** The number of the first slice; 0 if there was none. */
  readonly firstSliceNumber: number;
  /** The number of the last slice; 0 if there was none. */
  readonly lastSliceNumber: number;
  readonly count: number;
}

export class InputUpload {
  /** Resolves when all appends are sent, in order; a close may be sent after it. */
  readonly sent: Promise<void>;
  /** Resolves when all slices are committed. Rejects with the first error, after which nothing more is sent. */
  readonly done: Promise<UploadSummary>;
  readonly #ports: UploadPorts;
  readonly #window = new ByteWindow({ bytesMax: WINDOW_BYTES, countMax: WINDOW_APPENDS });
  readonly #label: string;
  readonly #packer: SegmentPacker;
  readonly #ahead: ReadAhead | undefined;
  readonly #stopped: Deferred<never> = deferred<never>();
  #stop: { reason: unknown } | undefined;
  /** The last queued append: the next one waits for it. */
  #queue: Promise<void> = Promise.resolve();
  #pendingAppends = 0;
  #allAcknowledged: Deferred<void> | undefined;
  #first = 0;
  #last = 0;
  #count = 0;
  #read = 0;
  #yieldAtMs = 0;

  /** Starts immediately. `label` names the input in errors: `data[17]`. */
  constructor(ports: UploadPorts, input: JobInput, label = 'data') {
    this.#ports = ports;
    this.#label = label;
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

  /** Number of slices that were read from the input so far. */
  get readCount(): number {
    return this.#read;
  }

  /** Number of slices that are committed so far. */
  get committed(): number {
    return this.#count;
  }

  /** Stops reading and sending; `sent` and `done` reject with `reason` unless they have settled. */
  stop(reason: unknown): void {
    if (this.#stop !== undefined) return;
    this.#stop = { reason };
    this.#stopped.reject(reason);
    this.#window.resolveWaiters();
  }

  async #finish(): Promise<UploadSummary> {
    await this.sent;
    if (this.#pendingAppends > 0) {
      this.#allAcknowledged = deferred();
      await this.#allAcknowledged.promise;
    }
    return { firstSliceNumber: this.#first, lastSliceNumber: this.#last, count: this.#count };
  }

  async #send(input: JobInput): Promise<void> {
    if (input.kind === 'described') await this.#sendDescribed(input.parts);
    else if (input.kind === 'values') await this.#sendValues(input.values);
    else await this.#sendStream(input.iterator);
    await this.#queue;
  }

  async #sendDescribed(parts: readonly DescribedInput[]): Promise<void> {
    for (const part of parts) {
      this.#read += part.count;
      await this.#queueAppend(part, 0, undefined);
      if (this.#stop !== undefined) return;
    }
  }

  async #sendValues(values: Iterable<unknown>): Promise<void> {
    const iterator = runStep(() => values[Symbol.iterator]());
    this.#yieldAtMs = this.#ports.clock.monotonicMs() + YIELD_AFTER_MS;
    let ended = false;
    try {
      for (;;) {
        const next = runStep(() => checkIteratorResult(iterator.next()));
        if (next.done === true) {
          ended = true;
          break;
        }
        this.#add(isBlob(next.value) ? await this.#readBlob(next.value) : next.value);
        if (!this.#packer.isFull && this.#ahead?.isFull !== true) continue;
        await this.#flush();
        await this.#waitForReadAhead();
        await this.#yieldIfDue();
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
      // While the window is full, values are collected in one segment, so that no queue of small segments builds up.
      if (this.#window.isFull) cancelFlush = this.#ports.clock.after(FLUSH_MS, flushLater);
      else void this.#flush();
    };
    // A source that never yields again must release its resources when the upload stops.
    this.#stopped.promise.catch(() => closeIterator(iterator));
    try {
      for (;;) {
        const next = await runAsyncStep(iterator);
        if (this.#stop !== undefined) return;
        if (next.done === true) {
          ended = true;
          break;
        }
        this.#add(isBlob(next.value) ? await this.#readBlob(next.value) : next.value);
        if (!this.#packer.isFull && this.#ahead?.isFull !== true) {
          cancelFlush ??= this.#ports.clock.after(FLUSH_MS, flushLater);
          continue;
        }
        cancelFlush?.();
        cancelFlush = undefined;
        await this.#flush();
        await this.#waitForReadAhead();
        await this.#yieldIfDue();
        if (this.#stop !== undefined) return;
      }
      cancelFlush?.();
      await this.#flush();
    } finally {
      cancelFlush?.();
      if (!ended && this.#stop === undefined) closeIterator(iterator);
    }
  }

  async #readBlob(blob: Blob): Promise<Uint8Array> {
    try {
      return await readBlob(blob, `${this.#label}[${this.#read}]`);
    } catch (error) {
      throw isError(error) ? error : inputFailed(error);
    }
  }

  #add(value: unknown): void {
    this.#packer.add(value);
    this.#read++;
    this.#ahead?.read();
  }

  /** Waits while the read-ahead limit is reached, or until this upload stops. */
  async #waitForReadAhead(): Promise<void> {
    if (this.#ahead?.isFull !== true) return;
    await this.#ahead.whenBelowLimit(this.#stopped.promise.catch(() => undefined));
  }

  /** Sends the packed values; resolves when more may be packed. */
  #flush(): Promise<void> | undefined {
    if (this.#packer.isEmpty) return undefined;
    const { segment, count, bytes, ready } = this.#packer.finishSegment();
    this.#ahead?.sent(bytes);
    return this.#queueAppend({ kind: 'segment', count, segment }, bytes, ready);
  }

  /** Queues one append; resolves when the window has room for it. */
  #queueAppend(input: Input, bytes: number, ready: PackedSegment['ready']): Promise<void> {
    const granted = this.#window.acquire(bytes);
    // An error in the queue, which is not awaited, is reported by `stop`.
    this.#queue = this.#appendInTurn(this.#queue, granted, ready, input, bytes);
    this.#queue.catch((error: unknown) => this.stop(error));
    return granted ?? Promise.resolve();
  }

  async #appendInTurn(
    before: Promise<void>,
    granted: Promise<void> | undefined,
    ready: Promise<void> | undefined,
    input: Input,
    bytes: number,
  ): Promise<void> {
    await before;
    if (granted !== undefined) await granted;
    if (ready !== undefined) await ready;
    if (this.#stop !== undefined) return;
    this.#pendingAppends++;
    this.#ports.append(newId(this.#ports.random), input).then(
      (reply) => this.#acknowledged(reply, bytes),
      (error: unknown) => this.stop(error),
    );
  }

  #acknowledged({ first, count }: { first: number; count: number }, bytes: number): void {
    this.#pendingAppends--;
    if (this.#first === 0) this.#first = first;
    this.#last = first + count - 1;
    this.#count += count;
    this.#ahead?.committed(first, count, bytes);
    this.#window.release(bytes);
    if (this.#pendingAppends === 0) this.#allAcknowledged?.resolve();
  }

  async #yieldIfDue(): Promise<void> {
    const { clock, yieldNow } = this.#ports;
    if (clock.monotonicMs() < this.#yieldAtMs) return;
    await yieldNow();
    this.#yieldAtMs = clock.monotonicMs() + YIELD_AFTER_MS;
  }
}

/** Runs a step of the caller's iterator. What it throws becomes the cause of INPUT_FAILED. */
function runStep<T>(step: () => T): T {
  try {
    return step();
  } catch (cause) {
    throw inputFailed(cause);
  }
}

async function runAsyncStep(iterator: AsyncIterator<unknown>): Promise<IteratorResult<unknown>> {
  try {
    return checkIteratorResult(await iterator.next());
  } catch (cause) {
    throw inputFailed(cause);
  }
}

/** The check of `for of`: without it an iterator that returns no objects would never end. */
function checkIteratorResult(next: IteratorResult<unknown>): IteratorResult<unknown> {
  if (Object(next) === next) return next;
  throw new TypeError(`Its next() returned ${typeof next}, not an iterator result like { value, done }.`);
}

function inputFailed(cause: unknown): ManyhandsError {
  const text = cause instanceof Error ? cause.message : String(cause);
  return new ManyhandsError('INPUT_FAILED', `The input's iterator failed: ${text}`, {}, { cause });
}
