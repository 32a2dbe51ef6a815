/**
 * What runs inside a sandbox, whatever kind of thread it is: takes an assignment, then batches, and reports
 * outcomes. It shares its realm with job code: what it needs of the realm is held from before that code came.
 * @module
 */
import type { SandboxToSupervisor, SupervisorToSandbox } from '../../protocol/messages/sandbox-messages.js';
import { BatchQueue } from './batch-queue.js';
import { steadily } from '../realm/intrinsics.js';
import { OutcomeWriter } from './outcome-writer.js';
import { Rest } from './quiesce.js';
import type { Fail, SandboxPort, SandboxPlace } from './sandbox-host.js';
import { runBatch } from './run-batch.js';
import type { WorkFunction } from '../runtime/runtime.js';
import { SandboxSetup, setupError } from './sandbox-setup.js';
import { SliceSigns } from './slice-reporter.js';

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
