/**
 * Fake sandboxes in the thread of the test, for tests of the code that drives sandboxes: a script defines what each slice
 * does, at times of a virtual clock. They implement the sandbox port without any isolation.
 * @module
 */
import type { Clock } from '../../lib/clock.js';
import { encodeError, ENVELOPE_KIND } from '../../protocol/segment/envelope.js';
import type { InputPart } from '../../protocol/messages/messages.js';
import { describedDatum, isDescribed } from '../../protocol/input/described-inputs.js';
import type { Assignment, SupervisorToSandbox } from '../../protocol/messages/sandbox-messages.js';
import { SegmentReader, SegmentWriter } from '../../protocol/segment/segment.js';
import { decodeValue, encodeValue } from '../../protocol/values/values.js';
import type { Sandbox, SandboxHandlers, SandboxHost } from '../../worker/hosts/port/sandbox-host.js';

/** What a slice does. `hang`: it never ends. `crash`: it ends its sandbox. `isBusy`: it blocks the thread of the sandbox. `ms`: its duration. */
export type SliceBehavior =
  | { kind: 'value'; value: unknown; ms?: number; isBusy?: boolean }
  | { kind: 'throw'; error: Error; ms?: number }
  /** It takes so many steps, stores a checkpoint after each, and goes on from that of an earlier attempt. */
  | { kind: 'steps'; value: unknown; steps: number; stepMs: number }
  | { kind: 'crash' }
  | { kind: 'hang' };

export interface FakeSandboxScript {
  /** Called for each slice that runs; `run` counts this slice's executions from 1. */
  slice(sliceNumber: number, datum: unknown, run: number): SliceBehavior;
  /** Result of an assignment. @default 'assigned' */
  assign?(start: number): 'assigned' | 'refuse' | 'unable' | 'crash' | 'crash-with-others' | 'hang';
  /** Duration of an assignment, milliseconds. @default 0 */
  readonly assignMs?: number;
  /** Whether a sandbox can be started; `start`: its number among those with a job, from 1. @default true */
  starts?(start: number, owner: string): boolean;
  /** Whether a runtime starts in a sandbox without a job; `and-ends`: the sandbox ends as it answers. @default true */
  warms?(): boolean | 'and-ends';
  /** Receives every message that a sandbox posts, and returns the messages to post instead. */
  post?(message: unknown): unknown[];
}

/** Outcomes are posted before the end of a batch after this many bytes, or milliseconds. */
const FLUSH_BYTES = 256 * 1024;
const FLUSH_MS = 200;
/** Milliseconds without a message after which the start of a slice is reported. */
const QUIET_MS = 250;

type Run = Extract<SupervisorToSandbox, { type: 'run' }>;

export class FakeSandboxHost implements SandboxHost {
  readonly isolation = 'thread';
  /** Number of executions of each slice. */
  readonly runs = new Map<number, number>();
  /** Every batch received, in order. */
  readonly batches: { first: number; count: number; each: boolean }[] = [];
  readonly owners: string[] = [];
  readonly assignments: Assignment[] = [];
  /** Blobs received for slices, by digest. */
  readonly blobs = new Map<string, Uint8Array>();
  /** Slices that went on from a checkpoint, and the steps that were done before. */
  readonly restored: { sliceNumber: number; step: number }[] = [];
  /** Number of sandboxes with a job, past and present; a prewarmed sandbox counts from its assignment on. */
  started = 0;
  /** Number of live sandboxes without a job. */
  prewarmed = 0;
  /** Number of sandboxes in which a runtime was started without a job, and of requests for a snapshot. */
  warmed = 0;
  snapshots = 0;
  alive = 0;
  closed = false;
  readonly #clock: Clock;
  readonly #script: FakeSandboxScript;

  constructor(clock: Clock, script: FakeSandboxScript) {
    this.#clock = clock;
    this.#script = script;
  }

  async start(owner: string, handlers: SandboxHandlers): Promise<Sandbox> {
    const isPrewarmed = owner.startsWith('prewarmed:') || owner.startsWith('snapshot:');
    const sandbox = new FakeSandbox(this, this.#clock, this.#script, handlers);
    const fits = this.#script.starts?.(this.started + 1, owner) !== false;
    if (!isPrewarmed) {
      this.owners.push(owner);
      sandbox.assignToJob();
    }
    if (!fits) throw new Error('no memory for a sandbox');
    if (isPrewarmed) this.prewarmed++;
    else this.alive++;
    return sandbox;
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

class FakeSandbox implements Sandbox {
  readonly #host: FakeSandboxHost;
  readonly #clock: Clock;
  readonly #script: FakeSandboxScript;
  readonly #handlers: SandboxHandlers;
  /** Number of this sandbox among those of the host that have a job, from 1; 0 while it has no job. */
  #start = 0;
  readonly #queue: Run[] = [];
  readonly #writer = new SegmentWriter();
  #flushedMs = 0;
  #isBusy = false;
  #state: 'empty' | 'idle' | 'running' | 'dead' = 'empty';

  constructor(host: FakeSandboxHost, clock: Clock, script: FakeSandboxScript, handlers: SandboxHandlers) {
    this.#host = host;
    this.#clock = clock;
    this.#script = script;
    this.#handlers = handlers;
  }

  /** Counts this sandbox as one with a job. */
  assignToJob(): void {
    this.#start = ++this.#host.started;
  }

  send(message: SupervisorToSandbox): void {
    if (this.#state === 'dead') return;
    if (message.type === 'assign') {
      this.#host.assignments.push(message.assignment);
      if (this.#start === 0) {
        this.assignToJob();
        this.#host.prewarmed--;
        this.#host.alive++;
      }
      return this.#assign();
    }
    if (message.type === 'warm') {
      this.#host.warmed++;
      const error = { code: 'ASSIGN_FAILED', message: 'Pyodide did not start' };
      const warms = this.#script.warms?.() ?? true;
      return this.#schedule(0, () => {
        this.#post(warms === false ? { type: 'warm-failed', error } : { type: 'warmed' });
        if (warms === 'and-ends') this.#exit('Its frame was removed.', true);
      });
    }
    if (message.type === 'make-snapshot') {
      this.#host.snapshots++;
      return this.#schedule(0, () => this.#post({ type: 'snapshot', bytes: new Uint8Array(16) }));
    }
    if (message.type === 'quiesce') {
      const { nonce } = message;
      return this.#schedule(0, () => this.#post({ type: 'quiesced', nonce }));
    }
    if (message.type === 'ping') {
      const { nonce } = message;
      return this.#isBusy ? undefined : this.#schedule(0, () => this.#post({ type: 'pong', nonce }));
    }
    if (message.type === 'blob') return void this.#host.blobs.set(message.digest, message.bytes);
    if (message.type === 'checkpointed') return;
    this.#queue.push(message);
    if (this.#state === 'idle') this.#next();
  }

  kill(): void {
    this.#exit('It was killed.');
  }

  #assign(): void {
    const how = this.#script.assign?.(this.#start) ?? 'assigned';
    this.#schedule(this.#script.assignMs ?? 0, () => {
      if (how === 'crash') return this.#exit('It crashed during the assignment.');
      if (how === 'crash-with-others') return this.#exit('Its frame was removed.', true);
      if (how === 'hang') return;
      if (how === 'refuse' || how === 'unable') {
        const ofJob = { code: 'ASSIGN_FAILED', message: 'SyntaxError: no' };
        const ofMachine = { code: 'ISOLATION_UNAVAILABLE', message: 'The module was not compiled' };
        return this.#post({ type: 'assign-failed', error: how === 'refuse' ? ofJob : ofMachine });
      }
      this.#state = 'idle';
      this.#post({ type: 'assigned' });
      this.#next();
    });
  }

  #next(): void {
    const run = this.#state === 'idle' ? this.#queue.shift() : undefined;
    if (run === undefined) return;
    this.#state = 'running';
    this.#flushedMs = this.#clock.monotonicMs();
    const slices = [...slicesOf(run.inputs)];
    this.#host.batches.push({ first: slices[0]!.sliceNumber, count: slices.length, each: run.reportEach });
    this.#schedule(0, () => this.#run(run, slices, 0));
  }

  /** Runs slices until one has a duration; its timer continues with the next slice. */
  #run(run: Run, slices: readonly FakeSlice[], from: number): void {
    for (let index = from; index < slices.length; index++) {
      const { sliceNumber, datum } = slices[index]!;
      const runs = (this.#host.runs.get(sliceNumber) ?? 0) + 1;
      this.#host.runs.set(sliceNumber, runs);
      const act = this.#script.slice(sliceNumber, datum, runs);
      const isQuiet = this.#clock.monotonicMs() - this.#flushedMs > QUIET_MS;
      if (run.reportEach || isQuiet) this.#post({ type: 'begin', sliceNumber });
      if (act.kind === 'hang') return;
      if (act.kind === 'crash') return this.#exit('It crashed.');
      if (act.kind === 'steps') {
        const restored = run.checkpoint?.sliceNumber === sliceNumber ? run.checkpoint.state : undefined;
        const [step, slice] = restored === undefined ? [0, sliceNumber] : (decodeValue(restored) as number[]);
        if (slice !== sliceNumber)
          throw new Error(`slice ${sliceNumber} was given the state of slice ${slice}`);
        if (restored !== undefined) this.#host.restored.push({ sliceNumber, step: step! });
        const done = (): void => {
          this.#finishSlice(run, slices, index, { kind: 'value', value: act.value });
          if (this.#state === 'running') this.#run(run, slices, index + 1);
        };
        return this.#step(sliceNumber, act, step!, done);
      }
      if (act.ms !== undefined && act.ms > 0) {
        this.#isBusy = act.kind === 'value' && act.isBusy === true;
        return this.#schedule(act.ms, () => {
          this.#isBusy = false;
          this.#finishSlice(run, slices, index, act);
          if (this.#state === 'running') this.#run(run, slices, index + 1);
        });
      }
      this.#finishSlice(run, slices, index, act);
      if (this.#state !== 'running') return;
    }
    this.#state = 'idle';
    this.#next();
  }

  /** Takes the steps of a slice from `step` on. */
  #step(
    sliceNumber: number,
    act: Extract<SliceBehavior, { kind: 'steps' }>,
    step: number,
    done: () => void,
  ): void {
    if (step >= act.steps) return done();
    this.#schedule(act.stepMs, () => {
      this.#post({ type: 'checkpoint', sliceNumber, state: encodeValue([step + 1, sliceNumber]) });
      this.#step(sliceNumber, act, step + 1, done);
    });
  }

  /** Ends one slice; its outcome is posted together with others, as in a real sandbox. */
  #finishSlice(
    run: Run,
    slices: readonly FakeSlice[],
    index: number,
    act: Extract<SliceBehavior, { ms?: number }>,
  ): void {
    if (act.kind === 'value') this.#writer.appendValue(act.value);
    else this.#writer.appendEnvelope(ENVELOPE_KIND.error, encodeError(act.error));
    const nowMs = this.#clock.monotonicMs();
    const done = index + 1 === slices.length;
    const isDue = nowMs - this.#flushedMs >= FLUSH_MS || this.#writer.byteLength > FLUSH_BYTES;
    if (!done && !run.reportEach && !isDue) return;
    const { count } = this.#writer;
    const first = slices[index]!.sliceNumber + 1 - count;
    const computeMs = nowMs - this.#flushedMs;
    this.#flushedMs = nowMs;
    const segment = this.#writer.finish();
    this.#post({ type: 'outcomes', batch: run.batch, first, count, segment, computeMs, done });
  }

  #post(message: unknown): void {
    const all = this.#script.post?.(message) ?? [message];
    for (const one of all) if (this.#state !== 'dead') this.#handlers.message(one);
  }

  #schedule(ms: number, fn: () => void): void {
    this.#clock.after(ms, () => this.#state !== 'dead' && fn());
  }

  #exit(reason: string, isShared = false): void {
    if (this.#state === 'dead') return;
    this.#state = 'dead';
    if (this.#start > 0) this.#host.alive--;
    else this.#host.prewarmed--;
    this.#handlers.exit(reason, isShared);
  }
}

interface FakeSlice {
  sliceNumber: number;
  datum: unknown;
}

function* slicesOf(inputs: InputPart[]): Generator<FakeSlice> {
  for (const { first, input } of inputs) {
    const reader = input.kind === 'segment' ? new SegmentReader(input.segment) : undefined;
    for (let i = 0; i < input.count; i++) {
      const isValue = reader?.kind(i) === ENVELOPE_KIND.value;
      const datum = isDescribed(input)
        ? describedDatum(input, i)
        : isValue
          ? reader.value(i)
          : reader!.body(i);
      yield { sliceNumber: first + i, datum };
    }
  }
}
