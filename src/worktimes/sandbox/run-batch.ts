/**
 * The batches of a sandbox: a queue of those that have not started, and the inner loop that runs the slices of one in order.
 * Its hot path is a cheap synchronous work function: per slice it awaits, allocates and times nothing that is not necessary.
 * @module
 */
import type { SupervisorToSandbox } from '../../protocol/messages/sandbox-messages.js';
import { retryWithIntrinsics, withIntrinsics } from '../realm/intrinsics.js';
import { LinkedQueue } from '../realm/linked-queue.js';
import { isThenable, runChunk } from './run-chunk.js';
import { openInput, type BatchBlobs, type SliceInput } from './slice-input.js';
import { withoutFrames } from '../runtime/work-error.js';
import type { BatchContext } from './batch-context.js';

/** Captured: job code may replace it. */
const { Map } = globalThis;

type MessageOf<T extends SupervisorToSandbox['type']> = Extract<SupervisorToSandbox, { type: T }>;

interface ReceivedBatch {
  readonly run: MessageOf<'run'>;
  readonly blobs: BatchBlobs;
}

/** The batches that were received and have not started, each with the blobs that arrived before it. */
export class BatchQueue {
  readonly #batches = new LinkedQueue<ReceivedBatch>();
  /** Blobs for the batch that arrives next, by digest. */
  #blobs = new Map<string, Uint8Array>();

  get isEmpty(): boolean {
    return this.#batches.isEmpty;
  }

  addBlob({ digest, bytes }: MessageOf<'blob'>): void {
    this.#blobs.set(digest, bytes);
  }

  push(run: MessageOf<'run'>): void {
    this.#batches.push({ run, blobs: this.#blobs });
    this.#blobs = new Map();
  }

  next(): ReceivedBatch | undefined {
    return this.#batches.shift();
  }
}

/** Slices between two readings of the clock at most; only then is it noticed that slices became slow. */
const CLOCK_EVERY_MAX = 16;
/** Milliseconds; slices quicker than this are timed several at once. */
const CHEAP_MS = 0.1;

/**
 * Runs a batch; resolves when its last outcome was sent, with whether the work function gave a slice back, which ends the
 * batch. Errors of job code become outcomes, never a rejection of the promise.
 */
export async function runBatch({ run, blobs }: ReceivedBatch, context: BatchContext): Promise<boolean> {
  const { work, reporter, writer, now } = context;
  const { controls } = reporter;
  const { call, endSlice } = work;
  const { reportEach, inputs } = run;
  const lastPart = inputs.length - 1;
  let nowMs = now();
  let clockEvery = 1;
  let untilClock = 1;
  const start = inputs[0]?.first ?? 1;
  writer.start(run.batch, start, nowMs);
  reporter.startBatch(start, run.checkpoint);
  for (let p = 0; p <= lastPart; p++) {
    const { first, input } = inputs[p]!;
    if (p > 0) writer.continueAt(first, now());
    const slices = openInput(input, blobs);
    const last = slices.count - 1;
    for (let i = 0; i <= last; i++) {
      reporter.sliceNumber = first + i;
      if (untilClock === clockEvery) reporter.beginSlice(first + i, reportEach, nowMs);
      // `last` is excluded from chunks: the outcome of the last slice ends the batch.
      if (untilClock === CLOCK_EVERY_MAX && clockEvery === CLOCK_EVERY_MAX) {
        const ran = runChunk(slices, { first, from: i, to: last }, context);
        const done = typeof ran === 'number' ? ran : await ran;
        if (done > 0) {
          const beforeMs = nowMs;
          nowMs = now();
          clockEvery = untilClock = nowMs - beforeMs < CHEAP_MS * done ? CLOCK_EVERY_MAX : 1;
          if (writer.isDue(nowMs)) flush(context, nowMs);
          i += done - 1;
          continue;
        }
      }
      // An error before or after the call is the harness's own: its stack shows nothing of the job.
      let inWork = false;
      try {
        const datum = readDatum(slices, i);
        inWork = true;
        let result = call(datum);
        if (typeof result === 'object' && result !== null && isThenable(result)) {
          result = await result;
          untilClock = 1;
        }
        inWork = false;
        if (controls.rejection === undefined) writer.addValue(result);
      } catch (thrown) {
        if (controls.rejection === undefined)
          writer.addError(withIntrinsics(() => (inWork ? work.explain(thrown) : withoutFrames(thrown))));
      }
      endSlice?.();
      if (reporter.hasPending) reporter.endSlice();
      if (controls.rejection !== undefined) {
        if (!controls.takeRetry()) return reportRejection(run.batch, context);
        i--;
        continue;
      }
      if (--untilClock <= 0) {
        const beforeMs = nowMs;
        nowMs = now();
        const cheap = !reportEach && nowMs - beforeMs < CHEAP_MS * clockEvery;
        clockEvery = cheap ? Math.min(CLOCK_EVERY_MAX, clockEvery * 2) : 1;
        untilClock = clockEvery;
        if (i === last && p === lastPart) break;
        if (reportEach || writer.isDue(nowMs)) flush(context, nowMs);
      }
      if (writer.isFull && !(i === last && p === lastPart)) writer.flush(now(), false);
    }
  }
  if (lastPart >= 0) writer.flush(now(), true);
  reporter.heartbeat(now());
  return false;
}

function flush({ writer, reporter }: BatchContext, nowMs: number): void {
  writer.flush(nowMs, false);
  reporter.heartbeat(nowMs);
}

/** Sends the outcomes so far, and that the work function gave the next slice back. */
function reportRejection(batch: number, { reporter, writer, now }: BatchContext): true {
  const { sliceNumber, reason } = reporter.controls.rejection!;
  writer.flush(now(), false);
  reporter.rejected(batch, sliceNumber, reason);
  return true;
}

function readDatum(slices: SliceInput, i: number): unknown {
  try {
    return slices.datum(i);
  } catch (error) {
    return retryWithIntrinsics(error, () => slices.datum(i));
  }
}
