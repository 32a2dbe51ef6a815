/**
 * Starts the runtime of a worktime in a sandbox, in the realm as job code will find it.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import type { WorktimeFiles } from '../../protocol/messages/sandbox-messages.js';
import type { Fail, RuntimeEnv } from '../runtime/runtime-env.js';
import type { Runtime } from '../runtime/runtime.js';
import { importRuntime } from '../runtimes.js';
import { readBytes } from './files/read-bytes.js';
import type { SandboxEnv } from './sandbox-env.js';

/** What the supervisor sent to start from. */
export interface RuntimeParts {
  readonly worktime: { readonly name: string };
  /** The worktime's files, as far as the supervisor sent them. */
  readonly assets: WorktimeFiles;
  /** Memory to start from; if it cannot be used, the runtime starts without it: see `Runtime.isSnapshotRejected`. */
  readonly snapshot?: Uint8Array | Blob;
}

/** The runtime calls `fail` when it breaks later. @throws ASSIGN_FAILED or ISOLATION_UNAVAILABLE */
export async function startRuntime(env: SandboxEnv, parts: RuntimeParts, fail: Fail): Promise<Runtime> {
  const { name } = parts.worktime;
  const runtime = await importRuntime(name);
  if (runtime === undefined)
    throw new ManyhandsError('ASSIGN_FAILED', `This sandbox has no worktime ${name}`);
  return runtime.start(runtimeEnv(env, parts, fail));
}

/** The memory of a started runtime. Rejects as `startRuntime`, also where the worktime has no snapshots. */
export async function makeSnapshot(env: SandboxEnv, parts: RuntimeParts): Promise<Uint8Array> {
  const { name } = parts.worktime;
  const runtime = await importRuntime(name);
  if (runtime?.makeSnapshot === undefined)
    throw new ManyhandsError('ASSIGN_FAILED', `${name} has no snapshots`);
  return runtime.makeSnapshot(runtimeEnv(env, parts, () => undefined));
}

function runtimeEnv(
  { scope, compile, v8, openFiles }: SandboxEnv,
  { worktime, assets, snapshot }: RuntimeParts,
  fail: Fail,
): RuntimeEnv {
  const readSnapshot = snapshot === undefined ? undefined : () => readBytes(snapshot);
  return { scope, compile, v8, files: openFiles(worktime.name, assets), fail, readSnapshot };
}
