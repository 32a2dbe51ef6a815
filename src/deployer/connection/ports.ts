/**
 * What the deployer needs of the world; entry points hand in the real things, tests and the simulator others.
 * @module
 */
import type { Clock } from '../../lib/clock.js';
import type { Random } from '../../lib/crypto/random.js';
import type { Connect } from '../../transport/transport.js';
import type { Keystore } from '../../wallet/keystore.js';
import type { JobFS } from '../../jobfs/job-fs.js';

/** The keystores of whoever runs this; both are made where there is none. */
export interface DeployerWallet {
  /** Pays for jobs. */
  get(label?: string): Promise<Keystore>;
  /** Owns jobs. */
  getId(): Promise<Keystore>;
}

export interface DeployerPorts {
  /** The scheduler's address. */
  schedulerUrl: string | URL;
  connect: Connect;
  clock: Clock;
  /** How long a call waits for a connection to the scheduler, milliseconds. @default 30,000 */
  connectTimeoutMs?: number;
  random: Random;
  wallet: DeployerWallet;
  fetch: typeof fetch;
  /** A work function's module: its text in UTF-8, or a WebAssembly module. */
  readModule: (url: URL) => Promise<Uint8Array>;
  makeJobFS: () => JobFS;
  /** Lets the event loop go round once, so that sockets and timers get their turn. */
  yieldNow: () => Promise<void>;
  /** Says to whoever runs this program what nobody listens for. */
  warn: (text: string) => void;
}
