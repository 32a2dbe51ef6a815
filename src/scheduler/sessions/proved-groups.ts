/**
 * The compute groups whose secrets one connection has proved.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { GROUP_PROOFS_PER_CONNECTION_MAX } from '../../protocol/limits.js';
import type { GroupKey, GroupProof } from '../../protocol/messages/messages.js';
import { checkGroupProof } from '../../wallet/group-proof.js';
import type { Challenge } from '../../wallet/session-proof.js';

export class ProvedGroups {
  readonly #challenge: Challenge;
  readonly #defer: (fn: () => void) => void;
  readonly #proved = new Set<string>();
  #checked = 0;

  /** `defer` lets others work between two signatures, of which each takes a millisecond or two. */
  constructor(challenge: Challenge, defer: (fn: () => void) => void) {
    this.#challenge = challenge;
    this.#defer = defer;
  }

  /** @throws UNAUTHENTICATED where one is wrong, LIMIT_EXCEEDED where this connection has sent too many */
  async prove(proofs: readonly GroupProof[]): Promise<void> {
    for (const proof of proofs) {
      if (this.#proved.has(idOf(proof))) continue;
      if (++this.#checked > GROUP_PROOFS_PER_CONNECTION_MAX) {
        throw new ManyhandsError('LIMIT_EXCEEDED', 'too many proofs of compute groups over one connection', {
          limit: 'GROUP_PROOFS_PER_CONNECTION_MAX',
          max: GROUP_PROOFS_PER_CONNECTION_MAX,
          actual: this.#checked,
        });
      }
      await new Promise<void>((resolve) => this.#defer(resolve));
      await checkGroupProof(proof, this.#challenge);
      this.#proved.add(idOf(proof));
    }
  }

  /** A group without a secret is open to everybody. */
  has(group: GroupKey): boolean {
    return group.address === undefined || this.#proved.has(idOf(group));
  }
}

const idOf = ({ key, address }: GroupKey): string => `${address} ${key}`;
