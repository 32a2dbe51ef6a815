/**
 * The entry of a sandbox in any kind of thread: takes an assignment, then batches, and reports outcomes. It shares its
 * realm with job code, so it uses globals that were captured before that code ran.
 * @module
 */
import type { SandboxToSupervisor, SupervisorToSandbox } from '../../protocol/messages/sandbox-messages.js';
import { withIntrinsics } from '../realm/intrinsics.js';
import { OutcomeWriter } from './outcome-writer.js';
import { Quiescer } from './quiesce.js';
import type { Fail } from '../runtime/runtime-env.js';
import type { SandboxPort, SandboxEnv } from './sandbox-env.js';
import { BatchQueue, runBatch } from './run-batch.js';
import type { WorkFunction } from '../runtime/runtime.js';
import { SandboxSetup, setupError } from './sandbox-setup.js';
import { SliceReporter } from './slice-reporter.js';

/** Captured: job code may replace them. */
const { Promise, Error, String } = globalThis;

type MessageOf<T extends SupervisorToSandbox['type']> = Extract<SupervisorToSandbox, { type: T }>;

/** Serves one job for the lifetime of the thread. */
export function runSandbox(port: SandboxPort, env: SandboxEnv): void {
  const post = (message: SandboxToSupervisor, transfer?: ArrayBuffer[]): void =>
    state === 'broken' ? undefined : port.post(message, transfer);
  const reporter = new SliceReporter(post, env.now);
  const writer = new OutcomeWriter(post);
  const queue = new BatchQueue();
  let work: WorkFunction | undefined;
  let state: 'empty' | 'assigning' | 'idle' | 'running' | 'failed' | 'broken' = 'empty';

  const fail: Fail = (error) => {
    if (state === 'broken') return;
    state = 'broken';
    env.terminate(new Error(`The sandbox broke: ${error instanceof Error ? error.message : String(error)}`));
  };

  const quiescer = new Quiescer(env, { quiesced: (nonce) => post({ type: 'quiesced', nonce }), fail });
  const quiesceIfIdle = (): void => {
    if (quiescer.isRequested && state === 'idle' && queue.isEmpty) quiescer.begin();
  };

  const assign = async ({ assignment }: MessageOf<'assign'>): Promise<void> => {
    state = 'assigning';
    try {
      const { work: prepared, isSnapshotRejected } = await setup.assign(assignment);
      work = prepared;
      state = 'idle';
      post({ type: 'assigned', ...(isSnapshotRejected ? { incompatible: true } : {}) });
    } catch (error) {
      state = 'failed';
      post({ type: 'assign-failed', error: setupError(error) });
    }
  };

  const drain = async (): Promise<void> => {
    if (state !== 'idle' || work === undefined) return;
    state = 'running';
    for (let batch = queue.next(); batch !== undefined; batch = queue.next()) {
      if (await runBatch(batch, { work, reporter, writer, now: env.now })) return;
      if (!queue.isEmpty) await new Promise<void>((resolve) => env.nextTurn(resolve));
    }
    if (state === 'running') state = 'idle';
    quiesceIfIdle();
  };

  const setup = new SandboxSetup(env, reporter, fail);
  env.onUncaughtError((error) => {
    if (state !== 'broken') withIntrinsics(() => reporter.console('error', uncaughtText(error, work)));
  });

  port.onMessage((message) => {
    quiescer.countMessage();
    if (message.type === 'ping') return post({ type: 'pong', nonce: message.nonce });
    if (message.type === 'checkpointed') return reporter.controls.saved(message);
    switch (message.type) {
      case 'warm':
      case 'make-snapshot':
        if (state === 'empty') void setup.start(message).then(post).catch(fail);
        return;
      case 'assign':
        if (state === 'empty') void assign(message).then(drain).catch(fail);
        return;
      case 'blob':
        return queue.addBlob(message);
      case 'quiesce':
        quiescer.request(message.nonce);
        return quiesceIfIdle();
      case 'run':
        quiescer.resume();
        queue.push(message);
        drain().catch(fail);
        return;
      default:
        message satisfies never;
    }
  });
}

function uncaughtText(error: unknown, work: WorkFunction | undefined): string {
  return `Uncaught outside the slice's own call: ${work?.explain(error).stack ?? String(error)}`;
}
