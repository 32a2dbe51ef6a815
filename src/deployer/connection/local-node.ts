/**
 * Local mode as the deployer sees it: a scheduler and a worker in this process, in place of those of the network.
 * @module
 */
import type { Connect } from '../../transport/transport.js';
import type { DeployerWallet } from './deployer-wallet.js';

export interface LocalOptions {
  /** Sandboxes that compute at a time. @default the number of cores of this machine */
  cores?: number | undefined;
}

/** A scheduler and its worker in this process. */
export interface LocalNode {
  connect: Connect;
  /** Transfers blobs of this scheduler alone. */
  fetch: typeof fetch;
  /** An identity of this process, kept nowhere. */
  wallet: DeployerWallet;
  /** Lets the worker fetch input from these origins, which the program named itself. */
  allowOrigins(origins: readonly string[]): void;
}

/** Starts a local node. @throws UNSUPPORTED_ENVIRONMENT where there is none */
export type OpenLocal = (options: LocalOptions) => Promise<LocalNode>;

/** A reserved name (RFC 6761) that never resolves: it stands in messages for the address of a scheduler. */
export const LOCAL_URL = 'http://local.invalid';
