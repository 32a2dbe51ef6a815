/**
 * What a sandbox does before it runs slices: locks down its realm, starts a runtime (for a job, before there is one, or
 * to make a snapshot) and prepares the job.
 * @module
 */
import { isError, ManyhandsError, toWireError, type WireError } from '../../lib/errors.js';
import type {
  Assignment,
  SandboxToSupervisor,
  SupervisorToSandbox,
} from '../../protocol/messages/sandbox-messages.js';
import { readAssignment } from './assignment.js';
import { captureIntrinsics } from '../realm/intrinsics.js';
import { defineCaptured } from '../runtime/captured-globals.js';
import { defineJobGlobals, defineOutputGlobals } from '../runtime/job-globals.js';
import type { Runtime, WorkFunction } from '../runtime/runtime.js';
import type { Fail } from '../runtime/runtime-env.js';
import type { SandboxEnv } from './sandbox-env.js';
import type { SliceReporter } from './slice-reporter.js';
import { lockDownRealm } from '../lockdown/lock-down.js';
import { makeSnapshot, startRuntime } from './start-runtime.js';

type StartMessage = Extract<SupervisorToSandbox, { type: 'warm' | 'make-snapshot' }>;

export class SandboxSetup {
  readonly #env: SandboxEnv;
  readonly #reporter: SliceReporter;
  readonly #fail: Fail;
  #isStarted = false;
  /** The runtime that was started before there was a job; it may still be starting. */
  #warm: { name: string; runtime: Promise<Runtime> } | undefined;

  constructor(env: SandboxEnv, reporter: SliceReporter, fail: Fail) {
    this.#env = env;
    this.#reporter = reporter;
    this.#fail = fail;
  }

  /** Answers `warm` and `make-snapshot`. Rejects, which ends the sandbox, if one of them came before. */
  async start(message: StartMessage): Promise<SandboxToSupervisor> {
    if (this.#isStarted) throw new Error('it was set up twice');
    try {
      this.#lockDown();
      if (message.type === 'make-snapshot') {
        return { type: 'snapshot', bytes: await makeSnapshot(this.#env, message) };
      }
      const runtime = startRuntime(this.#env, message, this.#fail);
      this.#warm = { name: message.worktime.name, runtime };
      const { isSnapshotRejected } = await runtime;
      return { type: 'warmed', ...(isSnapshotRejected === true ? { incompatible: true } : {}) };
    } catch (error) {
      return { type: 'warm-failed', error: setupError(error) };
    }
  }

  /** Prepares the job; `isSnapshotRejected` as in `Runtime`. Rejects where the job cannot be run. */
  async assign(assignment: Assignment): Promise<{ work: WorkFunction; isSnapshotRejected: boolean }> {
    const job = await readAssignment(assignment, this.#reporter);
    if (!this.#isStarted) this.#lockDown();
    const { scope, compile } = this.#env;
    defineJobGlobals(scope, job, (script) => compile.evaluate(script));
    if (job.captured !== undefined) defineCaptured(scope, job.captured);
    const runtime = await this.#runtimeFor(assignment);
    // For a warmed runtime, `start` has reported it already.
    const isSnapshotRejected = this.#warm === undefined && runtime.isSnapshotRejected === true;
    return { work: await runtime.prepare(job), isSnapshotRejected };
  }

  /** Removes from the realm what job code must not find. */
  #lockDown(): void {
    this.#isStarted = true;
    lockDownRealm(this.#env.scope);
    defineOutputGlobals(this.#env.scope, this.#reporter);
    captureIntrinsics(this.#env.scope);
  }

  /** The warmed runtime, else a new one. */
  #runtimeFor(assignment: Assignment): Promise<Runtime> {
    const warm = this.#warm;
    if (warm === undefined) return startRuntime(this.#env, assignment, this.#fail);
    if (warm.name === assignment.worktime.name) return warm.runtime;
    throw new ManyhandsError('ASSIGN_FAILED', `This sandbox was warmed for ${warm.name}`);
  }
}

/** An error of the set-up as it is sent; anything without a code becomes ASSIGN_FAILED. */
export function setupError(error: unknown): WireError {
  if (isError(error)) return toWireError(error);
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return toWireError(new ManyhandsError('ASSIGN_FAILED', `The sandbox could not take the job: ${text}`));
}
