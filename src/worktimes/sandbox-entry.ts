/**
 * What runs inside a sandbox, whatever kind of thread it is: takes an assignment, then batches, and reports
 * outcomes. It shares its realm with job code: what it needs of the realm is held from before that code came.
 * @module
 */
import { isError, ManyhandsError, toWireError, type WireError } from '../lib/errors.js';
import type { SandboxToSupervisor, SupervisorToSandbox } from '../protocol/sandbox-messages.js';
import { readAssignment } from './assignment.js';
import { defineJobGlobals } from './job-globals.js';
import { OutcomeWriter } from './outcome-writer.js';
import { runBatch, type Batch } from './run-batch.js';
import type { Runtime, WorkFunction } from './runtime.js';
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
  loadRuntime(name: string, assets: Record<string, Uint8Array>, fail: Fail): Promise<Runtime>;
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

  const fail: Fail = (error) => {
    if (state === 'broken') return;
    state = 'broken';
    place.endBy(new Error(`The sandbox broke: ${error instanceof Error ? error.message : String(error)}`));
  };

  const assign = async (message: Extract<SupervisorToSandbox, { type: 'assign' }>): Promise<void> => {
    state = 'assigning';
    try {
      const { worktime, assets } = message.assignment;
      const job = readAssignment(message.assignment, signs);
      tameGlobals(place.scope);
      defineJobGlobals(place.scope, job);
      const runtime = await place.loadRuntime(worktime.name, assets, fail);
      work = await runtime.prepare(job);
      state = 'idle';
      post({ type: 'assigned' });
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
