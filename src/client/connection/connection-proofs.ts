/**
 * What a client proves on every connection before its requests: the identity that owns its jobs, and the secrets of its
 * compute groups.
 * @module
 */
import type { Welcome } from '../../protocol/messages/messages.js';
import type { GroupCredential } from '../../wallet/group-credential.js';
import { GroupMembership, type NamedGroup, type SendProofs } from '../../wallet/group-membership.js';
import type { Keystore } from '../../wallet/keystore.js';
import { signChallenge } from '../../wallet/session-proof.js';
import type { Call } from './session-connection.js';

export class ConnectionProofs {
  readonly #groups: () => Iterable<readonly GroupCredential[]>;
  readonly #membership = new GroupMembership();

  /** @param groups the groups to prove on each new connection */
  constructor(groups: () => Iterable<readonly GroupCredential[]>) {
    this.#groups = groups;
  }

  /** Proves on a new connection. @param identity of a client that owns jobs; workers have none */
  async greet(welcome: Welcome, call: Call, identity?: Keystore): Promise<void> {
    if (identity !== undefined) {
      const { schedulerId, challenge } = welcome;
      const signature = await signChallenge(identity, { schedulerId, challenge });
      await call('session.prove', { address: identity.address, signature });
    }
    this.#membership.connected(welcome);
    for (const groups of [...this.#groups()]) {
      await this.prove(groups, (proofs) => call('group.prove', { proofs }));
    }
  }

  /** Proves the groups that are not proved on this connection. Resolves with all of them in the scheduler's form. */
  prove(groups: readonly GroupCredential[], send: SendProofs): Promise<NamedGroup[]> {
    return this.#membership.prove(groups, send);
  }
}
