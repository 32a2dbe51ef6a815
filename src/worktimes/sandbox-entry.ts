/**
 * What runs inside a sandbox, whatever kind of thread it is: takes an assignment, then batches, and reports
 * outcomes. It shares its realm with job code: what it needs of the realm is held from before that code came.
 * @module
 */
import { isError, ManyhandsError, toWireError, type WireError } from '../lib/errors.js';
import type {
  Assignment,
  SandboxToSupervisor,
  SupervisorToSandbox,
  WorktimeFiles,
} from '../protocol/sandbox-messages.js';
import { readAssignment } from './assignment.js';
import { defineJobGlobals, defineVoiceGlobals } from './job-globals.js';
import { OutcomeWriter } from './outcome-writer.js';
import { runBatch, type Batch } from './run-batch.js';
import type { Runtime, RuntimeStart, WorkFunction } from './runtime.js';
import { SliceSigns } from './slice-signs.js';
import { tameGlobals } from './tame-globals.js';

export interface SandboxPort {
  post(message: SandboxToSupervisor, transfer?: ArrayBuffer[]): void;
  /** Called once, at the start. */
  onMessage(fn: (message: SupervisorToSandbox) => void): void;
}

/** What the kind of thread gives. */
export interface SandboxPlace {
  /** The global object, which job code will see. */
  readonly scope: object;
  /**
   * Starts the runtime of a worktime that the supervisor chose, in the realm as job code will find it. `assets` are
   * its files, where the supervisor handed some in; `fail` is for when it breaks later.
   */
  loadRuntime(name: string, assets: WorktimeFiles, fail: Fail, start?: RuntimeStart): Promise<Runtime>;
  /** Starts the runtime of a worktime for its memory alone; absent where no worktime can give it. */
  makeSnapshot?(name: string, assets: WorktimeFiles): Promise<Uint8Array>;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Resolves in a later turn of the event loop, so that messages and timers get theirs. */
  nextTurn(): Promise<void>;
  /** Calls `report` for what job code left to fail outside a slice: rejections nobody awaited, throwing timers. */
  onStrayError(report: (error: unknown) => void): void;
  /** Ends the thread, in a later turn, by an error that nothing catches. */
  endBy(error: Error): void;
}

/** Ends the sandbox at once, without a further word: what it would say is not to be trusted. */
export type Fail = (error: unknown) => void;

/** Serves one job for the life of the thread. */
export function runSandbox(port: SandboxPort, place: SandboxPlace): void {
  const post = (message: SandboxToSupervisor, transfer?: ArrayBuffer[]): void => {
    if (state !== 'broken') port.post(message, transfer);
  };
  const signs = new SliceSigns(post, place.now);
  const writer = new OutcomeWriter(post);
  /** Blobs of the batch that comes next. */
  let blobs = new Map<string, Uint8Array>();
  const queue: Batch[] = [];
  let work: WorkFunction | undefined;
  let state: 'empty' | 'assigning' | 'idle' | 'running' | 'failed' | 'broken' = 'empty';
  /** The runtime that was started, or is being started, before there was a job. */
  let warm: { name: string; runtime: Promise<Runtime> } | undefined;

  const fail: Fail = (error) => {
    if (state === 'broken') return;
    state = 'broken';
    place.endBy(new Error(`The sandbox broke: ${error instanceof Error ? error.message : String(error)}`));
  };

  /** Leaves of the realm what job code will find. */
  const tame = (): void => {
    tameGlobals(place.scope);
    defineVoiceGlobals(place.scope, signs);
  };

  const warmUp = async (message: Extract<SupervisorToSandbox, { type: 'warm' }>): Promise<void> => {
    const { worktime, assets, snapshot } = message;
    try {
      tame();
      warm = { name: worktime.name, runtime: place.loadRuntime(worktime.name, assets, fail, { snapshot }) };
      const { misfit } = await warm.runtime;
      post({ type: 'warmed', ...(misfit === true ? { misfit } : {}) });
    } catch (error) {
      state = 'failed';
      post({ type: 'warm-failed', error: assignError(error) });
    }
  };

  const makeSnapshot = async (
    message: Extract<SupervisorToSandbox, { type: 'make-snapshot' }>,
  ): Promise<void> => {
    // Whatever comes later finds this sandbox taken.
    state = 'failed';
    try {
      tame();
      if (place.makeSnapshot === undefined)
        throw new ManyhandsError('ASSIGN_FAILED', 'This sandbox makes no snapshots');
      const bytes = await place.makeSnapshot(message.worktime.name, message.assets);
      post({ type: 'snapshot', bytes }, [bytes.buffer as ArrayBuffer]);
    } catch (error) {
      post({ type: 'warm-failed', error: assignError(error) });
    }
  };

  /** The runtime for this worktime: the one that was warmed for it, else a new one. */
  const runtimeFor = async ({ worktime, assets, snapshot }: Assignment): Promise<Runtime> => {
    if (warm === undefined) return place.loadRuntime(worktime.name, assets, fail, { snapshot });
    if (warm.name === worktime.name) return warm.runtime;
    throw new ManyhandsError('ASSIGN_FAILED', `This sandbox was warmed for ${warm.name}`);
  };

  const assign = async (message: Extract<SupervisorToSandbox, { type: 'assign' }>): Promise<void> => {
    state = 'assigning';
    try {
      const job = readAssignment(message.assignment, signs);
      if (warm === undefined) tame();
      defineJobGlobals(place.scope, job);
      const runtime = await runtimeFor(message.assignment);
      work = await runtime.prepare(job);
      state = 'idle';
      // Whoever warmed this sandbox was told then.
      const isMisfit = warm === undefined && runtime.misfit === true;
      post({ type: 'assigned', ...(isMisfit ? { misfit: true } : {}) });
    } catch (error) {
      state = 'failed';
      post({ type: 'assign-failed', error: assignError(error) });
    }
  };

  const drain = async (): Promise<void> => {
    if (state !== 'idle' || work === undefined) return;
    state = 'running';
    for (let batch = queue.shift(); batch !== undefined; batch = queue.shift()) {
      await runBatch(batch, { work, signs, writer, now: place.now });
      if (queue.length > 0) await place.nextTurn();
    }
    if (state === 'running') state = 'idle';
  };

  place.onStrayError((error) => {
    if (state === 'broken') return;
    const explained = work?.explain(error);
    signs.console('error', `Uncaught outside the slice's own call: ${explained?.stack ?? String(error)}`);
  });

  port.onMessage((message) => {
    switch (message.type) {
      case 'warm':
        if (state === 'empty' && warm === undefined) void warmUp(message).catch(fail);
        return;
      case 'make-snapshot':
        if (state === 'empty' && warm === undefined) void makeSnapshot(message).catch(fail);
        return;
      case 'assign':
        if (state === 'empty') void assign(message).then(drain).catch(fail);
        return;
      case 'blob':
        blobs.set(message.digest, message.bytes);
        return;
      case 'run':
        queue.push({ run: message, blobs });
        blobs = new Map();
        drain().catch(fail);
        return;
      default:
        message satisfies never;
    }
  });
}

function assignError(error: unknown): WireError {
  if (isError(error)) return toWireError(error);
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return toWireError(new ManyhandsError('ASSIGN_FAILED', `The sandbox could not take the job: ${text}`));
}
