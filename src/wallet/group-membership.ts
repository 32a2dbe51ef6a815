/**
 * Tracks which compute groups were proved over the current connection: each is proved once for each connection.
 * @module
 */
import { isError } from '../lib/errors.js';
import type { Address } from '../lib/address.js';
import type { GroupCredential, GroupProof } from './group-credential.js';
import type { Challenge } from './session-proof.js';

/** A group in the form that the scheduler knows. */
export interface NamedGroup {
  key: string;
  /** The address that the secret determines; absent for a group without a secret. */
  address?: Address;
}

/** Sends `group.prove`; rejects with the error of the scheduler. */
export type SendProofs = (proofs: GroupProof[]) => Promise<unknown>;

export class GroupMembership {
  #challenge: Challenge | undefined;
  #proved = new Set<string>();

  /** Starts a new connection, over which no group is proved yet. */
  connected({ schedulerId, challenge }: Challenge): void {
    this.#challenge = { schedulerId, challenge };
    this.#proved = new Set();
  }

  /**
   * Proves the groups that are not proved yet. Resolves with all groups in the scheduler's form.
   * @throws what `send` rejects with
   */
  async prove(credentials: readonly GroupCredential[], send: SendProofs): Promise<NamedGroup[]> {
    const secret = credentials.filter(hasSecret);
    for (;;) {
      const challenge = this.#challenge;
      const proved = this.#proved;
      const missing = secret.filter((one) => !proved.has(keyOf(one)));
      if (missing.length === 0 || challenge === undefined) break;
      const { signGroup } = await import('./group-proof.js');
      const proofs = await Promise.all(missing.map((one) => signGroup(one, challenge)));
      try {
        await send(proofs);
        for (const one of missing) proved.add(keyOf(one));
      } catch (error) {
        // The connection was reopened meanwhile, so the proofs used the previous challenge: they are made again.
        if (challenge === this.#challenge || !isError(error, 'UNAUTHENTICATED')) throw error;
      }
    }
    return nameGroups(credentials);
  }
}

/** Converts credentials to the scheduler's form, with the address that each secret determines. */
export async function nameGroups(credentials: readonly GroupCredential[]): Promise<NamedGroup[]> {
  if (!credentials.some(hasSecret)) return credentials.map(({ key }) => ({ key }));
  const { groupAddress } = await import('./group-proof.js');
  return Promise.all(
    credentials.map(async (one) =>
      hasSecret(one) ? { key: one.key, address: await groupAddress(one) } : { key: one.key },
    ),
  );
}

function hasSecret(one: GroupCredential): one is Required<GroupCredential> {
  return one.secretHash !== undefined;
}

const keyOf = ({ key, secretHash }: Required<GroupCredential>): string => `${secretHash} ${key}`;
