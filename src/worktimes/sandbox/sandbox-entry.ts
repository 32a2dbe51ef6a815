/**
 * What runs inside a sandbox, whatever kind of thread it is: takes an assignment, then batches, and reports
 * outcomes. It shares its realm with job code: what it needs of the realm is held from before that code came.
 * @module
 */
import type {
  SandboxToSupervisor,
  SupervisorToSandbox,
  WorktimeFiles,
} from '../../protocol/messages/sandbox-messages.js';
import { BatchQueue } from './batch-queue.js';
import { steadily } from '../realm/intrinsics.js';
import { OutcomeWriter } from './outcome-writer.js';
import { Rest, type Sleep } from './quiesce.js';
import { runBatch } from './run-batch.js';
import type { Runtime, RuntimeStart, WorkFunction } from '../runtime/runtime.js';
import { SandboxSetup, setupError } from './sandbox-setup.js';
import { SliceSigns } from './slice-reporter.js';

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
  /** Calls `then` in a later turn of the event loop, so that messages and timers get theirs: by no global of now. */
  readonly nextTurn: (then: () => void) => void;
  /** Blocks the thread; absent where it cannot. */
  readonly sleep?: Sleep;
  /** Calls `report` for what job code left to fail outside a slice: rejections nobody awaited, throwing timers. */
  onStrayError(report: (error: unknown) => void): void;
  /** Ends the thread, in a later turn, by an error that nothing catches. */
  endBy(error: Error): void;
}

/** Ends the sandbox at once, without a further word: what it would say is not to be trusted. */
export type Fail = (error: unknown) => void;

/** Job code may put others in their place. */
const { Promise, Error, String } = globalThis;

type MessageOf<T extends SupervisorToSandbox['type']> = Extract<SupervisorToSandbox, { type: T }>;

/** Serves one job for the life of the thread. */
export function runSandbox(port: SandboxPort, place: SandboxPlace): void {
  const post = (message: SandboxToSupervisor, transfer?: ArrayBuffer[]): void => {
    if (state !== 'broken') port.post(message, transfer);
  };
  const signs = new SliceSigns(post, place.now);
  const writer = new OutcomeWriter(post);
  const queue = new BatchQueue();
  let work: WorkFunction | undefined;
  let state: 'empty' | 'assigning' | 'idle' | 'running' | 'failed' | 'broken' = 'empty';

  const fail: Fail = (error) => {
    if (state === 'broken') return;
    state = 'broken';
    place.endBy(new Error(`The sandbox broke: ${error instanceof Error ? error.message : String(error)}`));
  };

  const rest = new Rest(place, { rests: (nonce) => post({ type: 'resting', nonce }), fail });
  const restIfIdle = (): void => {
    if (rest.isAsked && state === 'idle' && queue.isEmpty) rest.begin();
  };

  const assign = async ({ assignment }: MessageOf<'assign'>): Promise<void> => {
    state = 'assigning';
    try {
      const { work: prepared, misfit } = await setup.assign(assignment);
      work = prepared;
      state = 'idle';
      post({ type: 'assigned', ...(misfit ? { misfit } : {}) });
    } catch (error) {
      state = 'failed';
      post({ type: 'assign-failed', error: setupError(error) });
    }
  };

  const drain = async (): Promise<void> => {
    if (state !== 'idle' || work === undefined) return;
    state = 'running';
    for (let batch = queue.next(); batch !== undefined; batch = queue.next()) {
      await runBatch(batch, { work, signs, writer, now: place.now });
      if (!queue.isEmpty) await new Promise<void>((resolve) => place.nextTurn(resolve));
    }
    if (state === 'running') state = 'idle';
    restIfIdle();
  };

  const setup = new SandboxSetup(place, signs, fail);
  place.onStrayError((error) => {
    if (state !== 'broken') steadily(() => signs.console('error', strayText(error, work)));
  });

  port.onMessage((message) => {
    rest.hear();
    if (message.type === 'ping') return post({ type: 'pong', nonce: message.nonce });
    switch (message.type) {
      case 'warm':
      case 'make-snapshot':
        if (state === 'empty') void setup.begin(message).then(post).catch(fail);
        return;
      case 'assign':
        if (state === 'empty') void assign(message).then(drain).catch(fail);
        return;
      case 'blob':
        return queue.blob(message);
      case 'rest':
        rest.ask(message.nonce);
        return restIfIdle();
      case 'run':
        rest.end();
        queue.push(message);
        drain().catch(fail);
        return;
      default:
        message satisfies never;
    }
  });
}

function strayText(error: unknown, work: WorkFunction | undefined): string {
  return `Uncaught outside the slice's own call: ${work?.explain(error).stack ?? String(error)}`;
}
