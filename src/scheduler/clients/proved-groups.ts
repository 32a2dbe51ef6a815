/**
 * The compute groups whose secret one connection has proved to know.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { GROUP_PROOFS_PER_CONNECTION_MAX } from '../../protocol/limits.js';
import type { GroupKey, WireGroupProof } from '../../protocol/messages/messages.js';
import { checkGroupProof } from '../../wallet/group-proof.js';
import type { Challenge } from '../../wallet/session-proof.js';
import type { ProofQueue } from './proof-queue.js';

export class ProvedGroups {
  readonly #challenge: Challenge;
  readonly #queue: ProofQueue;
  readonly #proved = new Set<string>();
  #checked = 0;

  constructor(challenge: Challenge, queue: ProofQueue) {
    this.#challenge = challenge;
    this.#queue = queue;
  }

  /** @throws UNAUTHENTICATED when a proof is wrong, LIMIT_EXCEEDED when this connection has sent too many */
  async prove(proofs: readonly WireGroupProof[]): Promise<void> {
    for (const proof of proofs) {
      if (this.#proved.has(idOf(proof))) continue;
      if (++this.#checked > GROUP_PROOFS_PER_CONNECTION_MAX) {
        throw new ManyhandsError('LIMIT_EXCEEDED', 'too many proofs of compute groups over one connection', {
          limit: 'GROUP_PROOFS_PER_CONNECTION_MAX',
          max: GROUP_PROOFS_PER_CONNECTION_MAX,
          actual: this.#checked,
        });
      }
      await this.#queue.check(() => checkGroupProof(proof, this.#challenge));
      this.#proved.add(idOf(proof));
    }
  }

  /** Whether the client may use the group: its secret is proved, or it has none. */
  has(group: GroupKey): boolean {
    return group.address === undefined || this.#proved.has(idOf(group));
  }
}

const idOf = ({ key, address }: GroupKey): string => `${address} ${key}`;
