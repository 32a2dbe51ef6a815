/**
 * What the environment gives a worker; entry points hand in the real parts, tests others.
 * @module
 */
import type { Clock } from '../lib/clock.js';
import type { Random } from '../lib/crypto/random.js';
import type { KeyValueStorage } from '../lib/storage/storage.js';
import type { Address } from '../protocol/messages/messages.js';
import type { Connect } from '../transport/transport.js';
import type { Blobs } from './assets/blob-client.js';
import type { Tuning } from './core/state.js';
import type { LoadWorktimeFiles } from './assets/job-package-cache.js';
import type { Isolation, ResolvedWorkerOptions, WorkerDefaults } from './options/resolve-options.js';
import type { SandboxHost } from './hosts/port/sandbox-host.js';

/** What a host of sandboxes, and what gives worktimes their files, is made from. */
export interface WorkerSetting {
  options: ResolvedWorkerOptions;
  blobs: Blobs;
  clock: Clock;
}

/** What the environment gives a worker. */
export interface WorkerPorts {
  connect: Connect;
  clock: Clock;
  random: Random;
  fetch: typeof fetch;
  /** Where the day's sum of bytes outlives the process; nowhere when absent. */
  storage?: KeyValueStorage | undefined;
  /** Where files of worktimes, blobs of jobs and snapshots outlive the process; nowhere when absent. */
  assets?: KeyValueStorage | undefined;
  defaults: WorkerDefaults;
  /** Whether a sandbox is tried before work is asked for. @default false */
  testsSandboxes?: boolean;
  /** How each kind of isolation that there is here is made. */
  hosts: Partial<Record<Isolation, (setting: WorkerSetting) => SandboxHost>>;
  /** Files of worktimes for sandboxes that cannot find them; none when absent. */
  worktimeFiles?: (setting: WorkerSetting) => LoadWorktimeFiles;
  /** Whose jobs a `thread` may run when nobody said. */
  ownAddress: () => Promise<Address>;
  /** Calls `leave` when the page is about to go: there is time to send, and none to wait. Answers what stops listening. */
  onLeave?: (leave: () => void) => () => void;
  tuning?: Partial<Tuning>;
}
