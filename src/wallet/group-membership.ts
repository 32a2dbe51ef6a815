/**
 * Which compute groups' secrets were proved over the connection that there is now: each is proved once for each
 * connection, and again on the next one.
 * @module
 */
import { isError } from '../lib/errors.js';
import type { Address } from './address.js';
import type { GroupCredential, GroupProof } from './group-credential.js';
import type { Challenge } from './session-proof.js';

/** A group as it is named to the scheduler. */
export interface NamedGroup {
  key: string;
  /** Absent for a group without a secret. */
  address?: Address;
}

/** Sends `group.prove`; rejects with what the scheduler refuses it with. */
export type SendProofs = (proofs: GroupProof[]) => Promise<unknown>;

export class GroupMembership {
  #challenge: Challenge | undefined;
  #proved = new Set<string>();

  /** A connection was greeted: nothing is proved over it yet. */
  connected({ schedulerId, challenge }: Challenge): void {
    this.#challenge = { schedulerId, challenge };
    this.#proved = new Set();
  }

  /**
   * Proves what is not proved yet. Resolves with the groups as they are named to the scheduler.
   * @throws what `send` rejects with
   */
  async prove(credentials: readonly GroupCredential[], send: SendProofs): Promise<NamedGroup[]> {
    const secret = credentials.filter(hasSecret);
    for (;;) {
      const challenge = this.#challenge;
      const proved = this.#proved;
      const missing = secret.filter((one) => !proved.has(idOf(one)));
      if (missing.length === 0 || challenge === undefined) break;
      const { signGroup } = await import('./group-proof.js');
      const proofs = await Promise.all(missing.map((one) => signGroup(one, challenge)));
      try {
        await send(proofs);
        for (const one of missing) proved.add(idOf(one));
      } catch (error) {
        // The connection was made anew meanwhile, so that the proofs were of the challenge before.
        if (challenge === this.#challenge || !isError(error, 'UNAUTHENTICATED')) throw error;
      }
    }
    return nameGroups(credentials);
  }
}

/** Groups as they are named to the scheduler, with the address that each secret makes. */
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

const idOf = ({ key, secretHash }: Required<GroupCredential>): string => `${secretHash} ${key}`;
