/**
 * A worker in Node: real sockets and clock, threads for the jobs of listed owners, by default this user's own.
 * @module
 */
import { availableParallelism, homedir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../lib/clock.js';
import { systemRandom } from '../lib/random.js';
import type { KeyValueStorage } from '../lib/storage.js';
import { fileStorage } from '../lib/storage-files.js';
import { DEFAULT_SCHEDULER } from '../protocol/scheduler-url.js';
import { connectNode } from '../transport/ws-node.js';
import type { WorkerOptions } from '../worker/resolve-options.js';
import { threadHost } from '../worker/sandbox/thread.js';
import { BaseWorker } from '../worker/worker.js';
import { wallet } from './wallet.node.js';
import { threadWorktimeFiles } from './worktime-files.node.js';

/** Lends this machine. See `WorkerOptions`; make it, listen to its events, then `start()` it. */
export class Worker extends BaseWorker {
  /** @throws UNKNOWN_OPTION, INVALID_ARGUMENT, ISOLATION_UNAVAILABLE */
  constructor(options: WorkerOptions = {}) {
    super(options, {
      connect: connectNode,
      clock: systemClock,
      random: systemRandom,
      fetch: (input, init) => fetch(input, init),
      storage: options.bytesPerDay === undefined ? undefined : dayStorage(),
      assets: fileStorage({ dir: join(home(), 'cache'), suffix: '', random: systemRandom }),
      defaults: {
        scheduler: process.env.MANYHANDS_SCHEDULER || DEFAULT_SCHEDULER,
        isolation: 'thread',
        cores: availableParallelism(),
      },
      hosts: { thread: () => threadHost() },
      worktimeFiles: () => threadWorktimeFiles(),
      ownAddress: async () => (await wallet.getId()).address,
    });
  }
}

/** Where a daily cap's sum is kept. */
function dayStorage(): KeyValueStorage {
  return fileStorage({ dir: join(home(), 'worker'), suffix: '.json', random: systemRandom });
}

function home(): string {
  return process.env.MANYHANDS_HOME || join(homedir(), '.manyhands');
}

export { isError, ManyhandsError } from '../lib/errors.js';
export type { ErrorCode } from '../lib/errors.js';
export type { LiveOptions } from '../worker/live-options.js';
export type {
  GroupOption,
  Isolation,
  Newcomer,
  WarmPolicy,
  WorkerOptions,
} from '../worker/resolve-options.js';
export type { StopOptions, WorkerState } from '../worker/worker.js';
export type {
  JobPublic,
  SandboxPhase,
  SandboxStatus,
  WorkerEvents,
  WorkerStatus,
} from '../worker/worker-events.js';
