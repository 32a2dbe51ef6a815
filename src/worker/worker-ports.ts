/**
 * Dependencies of a worker on its environment; entry points pass in the real ones, tests others.
 * @module
 */
import type { Clock } from '../lib/clock.js';
import type { Random } from '../lib/crypto/random.js';
import type { KeyValueStorage } from '../lib/storage/storage.js';
import type { Address } from '../protocol/messages/messages.js';
import type { Connect } from '../transport/transport.js';
import type { BlobCache } from './assets/blob-cache.js';
import type { Tuning } from './core/tuning.js';
import type { LoadWorktimeFiles } from './assets/job-package-cache.js';
import type { Isolation, ResolvedWorkerOptions, WorkerDefaults } from './options/resolve-options.js';
import type { SandboxHost } from './hosts/port/sandbox-host.js';

/** What sandbox hosts and loaders of worktime files are created from. */
export interface WorkerContext {
  options: ResolvedWorkerOptions;
  blobs: BlobCache;
  clock: Clock;
}

/** The environment of a worker. */
export interface WorkerPorts {
  connect: Connect;
  clock: Clock;
  random: Random;
  fetch: typeof fetch;
  /** Where the daily byte counter is kept beyond the life of the process; absent: it is not. */
  storage?: KeyValueStorage | undefined;
  /** Where worktime files, blobs of jobs and snapshots are kept beyond the life of the process; absent: they are not. */
  assets?: KeyValueStorage | undefined;
  defaults: WorkerDefaults;
  /** Whether a sandbox is tested before work is requested. @default false */
  testsSandboxes?: boolean;
  /** Constructors of the sandbox hosts that this environment has. */
  hosts: Partial<Record<Isolation, (setting: WorkerContext) => SandboxHost>>;
  /** Loads worktime files for sandboxes that cannot find them; absent: none are needed. */
  worktimeFiles?: (setting: WorkerContext) => LoadWorktimeFiles;
  /** The owner whose jobs may run in a `thread` when the option `owners` is absent. */
  ownAddress: () => Promise<Address>;
  /** Registers a callback for the unload of the page: it may send, but not wait. Returns the function that unregisters it. */
  onLeave?: (leave: () => void) => () => void;
  tuning?: Partial<Tuning>;
}
