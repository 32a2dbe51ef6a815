/**
 * A worker in Node. Jobs run in Deno processes or in a headless browser, whichever is installed; in threads only if
 * that is requested explicitly, for jobs of listed owners.
 * @module
 */
import { availableParallelism, homedir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../lib/clock.js';
import { systemRandom } from '../lib/crypto/random.js';
import type { KeyValueStorage } from '../lib/storage/storage.js';
import { fileStorage } from '../lib/storage/storage-files.js';
import { DEFAULT_SCHEDULER } from '../protocol/wire/scheduler-url.js';
import { connectNode } from '../transport/ws-node.js';
import type { WorkerOptions } from '../worker/options/resolve-options.js';
import { installedFiles } from '../worker/assets/installed-files.js';
import { chromiumHost } from '../worker/hosts/chromium/chromium-host.js';
import { denoHost } from '../worker/hosts/deno/deno-host.js';
import { chooseHeadless, examineHeadless, findHeadless } from '../worker/hosts/headless.js';
import type { HeadlessExamined, HeadlessFound } from '../worker/hosts/headless.js';
import { threadHost } from '../worker/hosts/thread-host.js';
import { BaseWorker } from '../worker/worker.js';
import { wallet } from './wallet.node.js';
import { threadWorktimeFiles } from './worktime-files.node.js';

/** The build's list of the worktimes' files with their digests. */
const MANIFEST = new URL('../web/assets/manifest.json', import.meta.url);

/** A worker that computes on this machine. See `WorkerOptions`; create it, add event listeners, then call `start()`. */
export class Worker extends BaseWorker {
  /** @throws UNKNOWN_OPTION, INVALID_ARGUMENT, ISOLATION_UNAVAILABLE */
  constructor(options: WorkerOptions = {}) {
    super(options, {
      connect: connectNode,
      clock: systemClock,
      random: systemRandom,
      fetch: (input, init) => fetch(input, init),
      storage: options?.bytesPerDay === undefined ? undefined : dayStorage(),
      assets: fileStorage({ dir: join(home(), 'cache'), suffix: '', random: systemRandom }),
      defaults: {
        scheduler: process.env.MANYHANDS_SCHEDULER || DEFAULT_SCHEDULER,
        // The isolations are searched only if none is given.
        isolation: options?.isolation ?? chooseHeadless(process.env),
        cores: availableParallelism(),
      },
      hosts: {
        deno: ({ clock }) => denoHost({ clock, env: process.env }),
        chromium: ({ clock }) => chromiumHost({ clock, random: systemRandom, env: process.env }),
        thread: () => threadHost(),
      },
      worktimeFiles: ({ options: { isolation } }) =>
        isolation === 'thread' ? threadWorktimeFiles() : installedFiles(MANIFEST),
      testsSandboxes: true,
      ownAddress: async () => (await wallet.getId()).address,
    });
  }
}

/** The isolations for untrusted code that are installed on this machine, the default one first. Nothing is started. */
export function findIsolations(): HeadlessFound[] {
  return findHeadless(process.env);
}

/** Like `findIsolations`, but starts each one to read its version. Never rejects. */
export function examineIsolations(): Promise<HeadlessExamined[]> {
  return examineHeadless(process.env);
}

/** The storage for the bytes of the day, for `bytesPerDay`. */
function dayStorage(): KeyValueStorage {
  return fileStorage({ dir: join(home(), 'worker'), suffix: '.json', random: systemRandom });
}

function home(): string {
  return process.env.MANYHANDS_HOME || join(homedir(), '.manyhands');
}

export { isError, ManyhandsError } from '../lib/errors.js';
export type { ErrorCode } from '../lib/errors.js';
export { HOW_TO_GET_ONE } from '../worker/hosts/headless.js';
export type { HeadlessExamined, HeadlessFound } from '../worker/hosts/headless.js';
export type { LiveOptions } from '../worker/options/live-options.js';
export type {
  GroupOption,
  Isolation,
  JobOwnerRequest,
  Newcomer,
  WarmPolicy,
  WorkerOptions,
} from '../worker/options/resolve-options.js';
export type { StopOptions } from '../worker/options/stop-options.js';
export type { WorkerState } from '../worker/worker.js';
export { worktimeLabel } from '../worktimes/registry.js';
export type {
  JobInfo,
  JobPublic,
  PaymentAccount,
  SandboxPhase,
  SandboxStatus,
  WorkerEvents,
  WorkerStatus,
} from '../worker/options/worker-events.js';
