/**
 * The ports of the deployer: its interfaces to the platform. Entry points pass the real implementations, tests and the
 * simulator pass others.
 * @module
 */
import type { Clock } from '../../lib/clock.js';
import type { Random } from '../../lib/crypto/random.js';
import type { ConsoleLevel } from '../../protocol/messages/messages.js';
import type { Connect } from '../../transport/transport.js';
import type { DeployerWallet } from './deployer-wallet.js';
import type { LocalNode, OpenLocal } from './local-node.js';
import type { JobFS } from '../../jobfs/job-fs.js';
import type { WorktimeName } from '../../protocol/messages/messages.js';
import type { PackageFiles } from '../modules/package-files.js';
import type { Bundler } from '../../worktimes/packing/bundler.js';

/** Packages, lists of packages and worktimes on this machine. */
export interface PackagePorts extends PackageFiles {
  /** A file of the worktime's release; undefined where that release is not installed. */
  worktimeFile(worktime: WorktimeName, name: string): Promise<Uint8Array | undefined>;
}

export interface DeployerPorts {
  /** URL of the scheduler. */
  schedulerUrl: string | URL;
  connect: Connect;
  clock: Clock;
  /** Maximum time that a call waits for a connection to the scheduler, milliseconds. @default 30,000 */
  connectTimeoutMs?: number;
  random: Random;
  wallet: DeployerWallet;
  fetch: typeof fetch;
  /** Reads the module of a work function: UTF-8 text or a WebAssembly module. */
  readModule: (url: URL) => Promise<Uint8Array>;
  /** Folders of packages, lists of packages and files of worktimes; absent where there is no file system. */
  packages?: PackagePorts;
  /** Bundles modules and npm libraries; absent in pages, whose modules a bundler has bundled before. */
  bundler?: Bundler;
  makeJobFS: () => JobFS;
  /** Resolves in a later task of the event loop, after sockets and timers have been served. */
  yieldNow: () => Promise<void>;
  /** Starts a scheduler and a worker in this process; absent where local mode is not supported. */
  openLocal?: OpenLocal;
  /** In local mode: the node of this process, started by the first call. */
  local?: () => Promise<LocalNode>;
  /** Whether a debugger may be attached to this process; absent where that cannot be known. */
  isDebugged?: () => boolean;
  /** Prints a warning for the user of the program, if no event listener handles it. */
  warn: (text: string) => void;
  /** Prints a line that a work function printed. @default `warn` */
  print?: (level: ConsoleLevel, line: string) => void;
}
