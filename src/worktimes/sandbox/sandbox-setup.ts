/**
 * What a sandbox does before it runs slices: tames its realm, starts a runtime (for a job, ahead of any, or for its
 * memory alone), and takes the job.
 * @module
 */
import { isError, ManyhandsError, toWireError, type WireError } from '../../lib/errors.js';
import type {
  Assignment,
  SandboxToSupervisor,
  SupervisorToSandbox,
} from '../../protocol/messages/sandbox-messages.js';
import { readAssignment } from './assignment.js';
import { rememberIntrinsics } from '../realm/intrinsics.js';
import { defineJobGlobals, defineVoiceGlobals } from '../runtime/job-globals.js';
import type { Runtime, WorkFunction } from '../runtime/runtime.js';
import type { SandboxPlace, Fail } from './sandbox-host.js';
import type { SliceSigns } from './slice-reporter.js';
import { tameGlobals } from '../lockdown/lock-down.js';

type Beginning = Extract<SupervisorToSandbox, { type: 'warm' | 'make-snapshot' }>;

export class SandboxSetup {
  readonly #place: SandboxPlace;
  readonly #signs: SliceSigns;
  readonly #fail: Fail;
  #begun = false;
  /** The runtime that was started, or is being started, before there was a job. */
  #warm: { name: string; runtime: Promise<Runtime> } | undefined;

  constructor(place: SandboxPlace, signs: SliceSigns, fail: Fail) {
    this.#place = place;
    this.#signs = signs;
    this.#fail = fail;
  }

  /** Answers `warm` and `make-snapshot`; rejects with what ends the sandbox, where one of them was said before. */
  async begin(message: Beginning): Promise<SandboxToSupervisor> {
    const { worktime, assets } = message;
    if (this.#begun) throw new Error('it was set up twice');
    try {
      this.#tame();
      if (message.type === 'make-snapshot') {
        const bytes = await this.#place.makeSnapshot?.(worktime.name, assets);
        if (bytes !== undefined) return { type: 'snapshot', bytes };
        throw new ManyhandsError('ASSIGN_FAILED', 'This sandbox makes no snapshots');
      }
      const start = { snapshot: message.snapshot };
      const runtime = this.#place.loadRuntime(worktime.name, assets, this.#fail, start);
      this.#warm = { name: worktime.name, runtime };
      const { misfit } = await runtime;
      return { type: 'warmed', ...(misfit === true ? { misfit } : {}) };
    } catch (error) {
      return { type: 'warm-failed', error: setupError(error) };
    }
  }

  /** `misfit`: its snapshot could not be used. Rejects where the job cannot be taken. */
  async assign(assignment: Assignment): Promise<{ work: WorkFunction; misfit: boolean }> {
    const job = await readAssignment(assignment, this.#signs);
    if (!this.#begun) this.#tame();
    defineJobGlobals(this.#place.scope, job);
    const runtime = await this.#runtimeFor(assignment);
    // Whoever warmed this sandbox was told then.
    const misfit = this.#warm === undefined && runtime.misfit === true;
    return { work: await runtime.prepare(job), misfit };
  }

  /** Leaves of the realm what job code will find. */
  #tame(): void {
    this.#begun = true;
    tameGlobals(this.#place.scope);
    defineVoiceGlobals(this.#place.scope, this.#signs);
    rememberIntrinsics(this.#place.scope);
  }

  /** The runtime that was warmed, else a new one. */
  #runtimeFor({ worktime, assets, snapshot }: Assignment): Promise<Runtime> {
    const warm = this.#warm;
    if (warm === undefined) return this.#place.loadRuntime(worktime.name, assets, this.#fail, { snapshot });
    if (warm.name === worktime.name) return warm.runtime;
    throw new ManyhandsError('ASSIGN_FAILED', `This sandbox was warmed for ${warm.name}`);
  }
}

/** What went wrong, as it travels. */
export function setupError(error: unknown): WireError {
  if (isError(error)) return toWireError(error);
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return toWireError(new ManyhandsError('ASSIGN_FAILED', `The sandbox could not take the job: ${text}`));
}
