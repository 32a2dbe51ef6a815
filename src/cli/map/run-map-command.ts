/**
 * Runs `manyhands map`: one job whose slices are the input, and whose results are written as they come.
 * @module
 */
import { init, type Job } from '../../entry/deployer.node.js';
import { isError, ManyhandsError, printable } from '../../entry/texts.node.js';
import { handleClosedPipe } from '../console/closed-pipe.js';
import { qrCode } from '../console/qr-code.js';
import { untilSignal } from '../console/until-signal.js';
import { lanAddress } from '../options/lan-address.js';
import { commandJob, commandOffer } from '../input/command-job.js';
import { openMapInput, type MapInput } from '../input/input-formats.js';
import { inputFormat, type InputOptions, type WorkOptions } from '../input/input-options.js';
import { OrderedWriter } from './ordered-writer.js';
import { startOwnScheduler, type OwnScheduler } from './own-scheduler.js';
import { MapProgress, type MapCounts } from './progress.js';
import { RunReader } from '../input/run-reader.js';
import { formatFailure, resultFormatter, type ResultFormatter } from './result-text.js';
import type { CommandWork } from '../input/work-source.js';

export interface MapCommandOptions extends InputOptions, WorkOptions {
  scheduler: string;
  /** Sandboxes of this machine; true for all cores. Undefined where the scheduler's workers compute. */
  local?: number | true;
  lan?: boolean;
  unordered?: boolean;
  keepErrors?: boolean;
  failFast?: boolean;
  /** Whether progress is shown on a terminal. */
  progress: boolean;
}

/** How the run ended: by itself, by a closed standard output, or by a signal. */
export type MapEnd = 'closed' | 'done' | NodeJS.Signals;

/** Failures that are printed one by one. */
const FAILURES_SHOWN_MAX = 10;
/** How far the input is read ahead of what is computed: results that wait for an earlier one are in memory. */
const READ_AHEAD_SLICES = 200_000;

/**
 * Computes the whole input and writes its results to standard output.
 * @throws SLICES_FAILED where slices failed, INPUT_FAILED, and the errors of `job.exec`
 */
export async function runMapCommand(work: CommandWork, options: MapCommandOptions): Promise<MapEnd> {
  const counts: MapCounts = { done: 0, failed: 0, workers: 0, total: undefined };
  const progress = new MapProgress(counts, options.progress);
  let own: OwnScheduler | undefined;
  try {
    if (options.lan === true || options.local !== undefined) {
      const cores = typeof options.local === 'number' ? options.local : undefined;
      const lan = options.lan === true;
      own = await startOwnScheduler({ lan, cores, print: (text) => progress.print(text) });
      if (lan) showAddress(own, progress);
    }
    init({ scheduler: own?.url ?? options.scheduler });
    const input = await openMapInput(inputFormat(options), options.files);
    return await new MapRun(work, options, input, counts, progress).run(own?.failed);
  } finally {
    progress.end();
    // A reader that waits for more input would keep the process alive.
    process.stdin.destroy();
    await own?.close();
  }
}

function showAddress({ port }: OwnScheduler, progress: MapProgress): void {
  const address = lanAddress();
  if (address === undefined)
    return progress.print('This machine has no network address, so that nobody can join.');
  const url = `http://${address}:${port}`;
  progress.print(`Phones and machines nearby join at ${url}`);
  if (process.stderr.isTTY) progress.print(`\n${qrCode(url)}\n`);
}

class MapRun {
  readonly #options: MapCommandOptions;
  readonly #input: MapInput;
  readonly #counts: MapCounts;
  readonly #progress: MapProgress;
  readonly #reader: RunReader;
  readonly #job: Job;
  readonly #format: ResultFormatter;
  readonly #writer: OrderedWriter;
  readonly #abort = new AbortController();
  #end: MapEnd = 'done';

  constructor(
    work: CommandWork,
    options: MapCommandOptions,
    input: MapInput,
    counts: MapCounts,
    progress: MapProgress,
  ) {
    this.#options = options;
    this.#input = input;
    this.#counts = counts;
    this.#progress = progress;
    this.#format = resultFormatter(options.files === undefined ? inputFormat(options) : 'files', input.files);
    this.#writer = new OrderedWriter(process.stdout, options.unordered !== true);
    this.#reader = new RunReader(input.runs);
    this.#job = commandJob(this.#reader, work, options, 'manyhands map');
    this.#listen();
  }

  #listen(): void {
    const job = this.#job;
    job.readAhead = { slices: READ_AHEAD_SLICES };
    job.on('result', ({ sliceNumber, result }) => this.#onResult(sliceNumber, result));
    job.on('error', ({ sliceNumber, error }) => this.#onError(sliceNumber, error));
    job.on('status', ({ workers }) => void (this.#counts.workers = workers));
    job.on('console', ({ sliceNumber, message }) =>
      this.#progress.print(`${this.#input.nameOf(sliceNumber)}: ${printable(message)}`),
    );
  }

  async run(failed: Promise<never> | undefined): Promise<MapEnd> {
    void untilSignal().then((signal) => this.#stop(signal));
    handleClosedPipe(() => this.#stop('closed'));
    const { signal } = this.#abort;
    try {
      await Promise.race([
        this.#job.exec({ ...commandOffer(this.#options), signal }),
        ...(failed === undefined ? [] : [failed]),
      ]);
    } catch (error) {
      if (this.#end === 'done' && !isError(error, 'SLICES_FAILED')) await this.#failed(error);
    } finally {
      if (this.#end !== 'closed') await this.#writer.end();
    }
    if (this.#reader.error !== undefined && this.#end === 'done') throw this.#reader.error;
    this.#throwIfFailed();
    return this.#end;
  }

  /** The job has failed as a whole: what is left of it is cancelled. */
  async #failed(error: unknown): Promise<never> {
    await this.#job.cancel('its program failed').catch(() => undefined);
    const reason = this.#abort.signal.reason as unknown;
    throw this.#abort.signal.aborted && isError(reason) ? reason : error;
  }

  #stop(end: MapEnd): void {
    if (this.#end !== 'done') return;
    this.#end = end;
    this.#abort.abort(new ManyhandsError('ABORTED', 'The command was stopped.'));
  }

  #onResult(slice: number, result: unknown): Promise<void> | undefined {
    this.#counts.done++;
    try {
      return this.#writer.write(slice, this.#format(slice, result));
    } catch (error) {
      this.#abort.abort(error);
      return undefined;
    }
  }

  #onError(slice: number | undefined, error: Error): Promise<void> | undefined {
    if (slice === undefined || this.#abort.signal.aborted) return undefined;
    const failures = ++this.#counts.failed;
    const { keepErrors, failFast } = this.#options;
    if (keepErrors === true) {
      return this.#writer.write(slice, formatFailure(slice, error, this.#input.files?.[slice - 1]));
    }
    const name = this.#input.nameOf(slice);
    if (failures <= FAILURES_SHOWN_MAX)
      this.#progress.print(`${name}: ${printable(`${error.name}: ${error.message}`)}`);
    if (failFast === true)
      this.#abort.abort(new ManyhandsError('JOB_CANCELLED', `It was cancelled, since ${name} failed.`));
    return this.#writer.write(slice, '');
  }

  #throwIfFailed(): void {
    const { failed } = this.#counts;
    if (failed === 0 || this.#end !== 'done' || this.#options.keepErrors === true) return;
    const total = this.#counts.done + failed;
    const hidden = Math.max(0, failed - FAILURES_SHOWN_MAX);
    const more = hidden === 0 ? '' : `; ${hidden} of the errors are not shown`;
    const text = `${failed} of ${total} failed, and have no line in the output${more}.`;
    const { failures } = this.#job.results;
    throw new ManyhandsError('SLICES_FAILED', text, { jobId: this.#job.id, failed, failures, results: [] });
  }
}
