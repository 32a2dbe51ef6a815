/**
 * The keystores that a deployer uses, as a port.
 * @module
 */
import type { Keystore } from '../../wallet/keystore.js';

/** The keystores of the user or origin. Each is created if it does not exist. */
export interface DeployerWallet {
  /** The keystore that pays for jobs. */
  get(label?: string): Promise<Keystore>;
  /** The keystore of the identity that owns jobs. */
  getId(): Promise<Keystore>;
}
