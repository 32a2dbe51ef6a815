/**
 * The inner loop of a sandbox: runs the slices of one batch in order. A cheap synchronous work function is the
 * hot path: nothing is awaited, allocated or timed for each slice that need not be.
 * @module
 */
import type { SupervisorToSandbox } from '../../protocol/messages/sandbox-messages.js';
import { retryWithIntrinsics, steadily } from '../realm/intrinsics.js';
import { isThenable, runChunk } from './run-chunk.js';

import { openInput, type BatchBlobs, type SliceInput } from './slice-input.js';

import { withoutFrames } from '../runtime/work-error.js';
import type { BatchTools } from './batch-tools.js';

export interface Batch {
  readonly run: Extract<SupervisorToSandbox, { type: 'run' }>;
  readonly blobs: BatchBlobs;
}

/** Slices between two readings of the clock at most: so many may turn slow before it is noticed. */
const CLOCK_EVERY_MAX = 16;
/** Slices quicker than this are timed several at once. */
const CHEAP_MS = 0.1;

/** Runs a batch to its end; resolves when its last outcome was sent. Never rejects for what job code does. */
export async function runBatch({ run, blobs }: Batch, tools: BatchTools): Promise<void> {
  const { work, signs, writer, now } = tools;
  const { call, endSlice } = work;
  const { each, inputs } = run;
  const lastPart = inputs.length - 1;
  let nowMs = now();
  let clockEvery = 1;
  let untilClock = 1;
  const start = inputs[0]?.first ?? 1;
  writer.start(run.batch, start, nowMs);
  signs.startBatch(start);
  for (let p = 0; p <= lastPart; p++) {
    const { first, input } = inputs[p]!;
    if (p > 0) writer.continueAt(first, now());
    const slices = openInput(input, blobs);
    const last = slices.count - 1;
    for (let i = 0; i <= last; i++) {
      signs.sliceNumber = first + i;
      if (untilClock === clockEvery) signs.begin(first + i, each, nowMs);
      // The last slice goes by itself: its outcome ends the batch.
      if (untilClock === CLOCK_EVERY_MAX && clockEvery === CLOCK_EVERY_MAX) {
        const took = runChunk(slices, { first, from: i, to: last }, tools);
        const done = typeof took === 'number' ? took : await took;
        if (done > 0) {
          const beforeMs = nowMs;
          nowMs = now();
          clockEvery = untilClock = nowMs - beforeMs < CHEAP_MS * done ? CLOCK_EVERY_MAX : 1;
          if (writer.isDue(nowMs)) {
            writer.flush(nowMs, false);
            signs.sign(nowMs);
          }
          i += done - 1;
          continue;
        }
      }
      // What failed decides whose stack it is: before and after the call it is ours.
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
        writer.addValue(result);
      } catch (thrown) {
        writer.addError(steadily(() => (inWork ? work.explain(thrown) : withoutFrames(thrown))));
      }
      endSlice?.();
      if (signs.pending) signs.endSlice();
      if (--untilClock <= 0) {
        const beforeMs = nowMs;
        nowMs = now();
        const cheap = !each && nowMs - beforeMs < CHEAP_MS * clockEvery;
        clockEvery = cheap ? Math.min(CLOCK_EVERY_MAX, clockEvery * 2) : 1;
        untilClock = clockEvery;
        if (i === last && p === lastPart) break;
        if (each || writer.isDue(nowMs)) {
          writer.flush(nowMs, false);
          signs.sign(nowMs);
        }
      }
      if (writer.full && !(i === last && p === lastPart)) writer.flush(now(), false);
    }
  }
  if (lastPart >= 0) writer.flush(now(), true);
  signs.sign(now());
}

function readDatum(slices: SliceInput, i: number): unknown {
  try {
    return slices.datum(i);
  } catch (error) {
    return retryWithIntrinsics(error, () => slices.datum(i));
  }
}
