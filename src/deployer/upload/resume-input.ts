/**
 * Continues an input whose upload was interrupted: adds what comes after the slices that the scheduler has.
 * @module
 */
import { checkSignal } from '../../lib/abortable.js';
import { ManyhandsError } from '../../lib/errors.js';
import { readOptions } from '../../lib/options.js';
import type { CallOptions } from '../../client/jobs/call-options.js';
import { checkBoolean } from '../arguments/check-arguments.js';
import { toJobInput, type JobInput } from '../call/input.js';
import type { DeployerContext } from '../connection/context.js';
import type { UploadSummary } from './input-upload.js';
import type { JobUpload } from './job-upload.js';

export interface ResumeOptions extends CallOptions {
  /** Whether the job is closed after its input. @default true */
  close?: boolean;
}

/** @throws JOB_STATE if another program adds slices to the job meanwhile; INPUT_FAILED, JOB_CANCELLED */
export async function resumeInput(
  { client }: DeployerContext,
  jobId: string,
  upload: JobUpload,
  source: unknown,
  options: ResumeOptions | undefined,
): Promise<UploadSummary> {
  const given = readOptions<ResumeOptions>(options ?? {}, 'job.resumeInput', { close: true, signal: true });
  const signal = checkSignal(given.signal);
  const close = given.close === undefined || checkBoolean('close', given.close);
  const { status } = await client.request('job.status', { jobId }, { signal });
  const from = status.total;
  // A job that is closed has its whole input.
  if (!status.open) return { firstSliceNumber: 0, lastSliceNumber: 0, count: 0 };
  const rest = await restOf(source, from);
  const added = await upload.append(rest, signal);
  const isNext = added.count === 0 || added.firstSliceNumber === from + 1;
  if (!isNext || added.lastSliceNumber - added.firstSliceNumber + 1 < added.count) {
    const text = `Another program added slices to job ${jobId} while its input was resumed after slice ${from}, so that data would be missing or repeated. The job is cancelled: deploy it again.`;
    await client.request('job.cancel', { jobId, reason: 'two programs resumed its input' }, { signal });
    throw new ManyhandsError('JOB_STATE', text, { jobId });
  }
  if (close) await upload.close(signal);
  return added;
}

/** The input after its first `from` data: a function seeks there, of other sources they are read and left out. */
async function restOf(source: unknown, from: number): Promise<JobInput> {
  if (typeof source === 'function') return toJobInput(await (source as (from: number) => unknown)(from));
  const input = toJobInput(source);
  if (from === 0) return input;
  if (input.kind === 'stream') return { kind: 'stream', iterator: skipAsync(input.iterator, from) };
  if (input.kind === 'values') {
    const { slices, ...rest } = input;
    const count = slices === undefined ? {} : { slices: Math.max(0, slices - from) };
    return { ...rest, ...count, values: skip(input.values, from) };
  }
  // Ranges are committed as a whole.
  if (from === input.slices) return { kind: 'values', values: [], slices: 0 };
  throw tooShort(from);
}

function* skip(values: Iterable<unknown>, count: number): Generator<unknown> {
  let read = 0;
  for (const value of values) if (read++ >= count) yield value;
  if (read < count) throw tooShort(count);
}

async function* skipAsync(iterator: AsyncIterator<unknown>, count: number): AsyncGenerator<unknown> {
  let read = 0;
  try {
    for (;;) {
      const next: IteratorResult<unknown, unknown> = await iterator.next();
      if (next.done === true) break;
      if (read++ >= count) yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
  if (read < count) throw tooShort(count);
}

function tooShort(committed: number): ManyhandsError {
  const text = `The job has ${committed} slices already, which are not the first ${committed} data of this source: pass the whole source, or a function (from) => source that begins after them.`;
  return new ManyhandsError('INVALID_ARGUMENT', text, { committed });
}
