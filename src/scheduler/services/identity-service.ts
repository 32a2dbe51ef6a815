/**
 * Proves who a client is: its address, the secrets of its compute groups, or that it is the operator.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { recoverChallenge } from '../../wallet/session-proof.js';
import { FailedProofs } from '../clients/proof-queue.js';
import { ProvedGroups } from '../clients/proved-groups.js';
import type { ServiceContext } from './service-context.js';

/** What one client proves by signatures over its challenge. */
export class ClientProofs {
  readonly groups: ProvedGroups;
  readonly #context: ServiceContext;
  readonly #challenge: string;
  readonly #failed = new FailedProofs();

  constructor(context: ServiceContext, challenge: string) {
    this.#context = context;
    this.#challenge = challenge;
    const { schedulerId } = context.options.store;
    this.groups = new ProvedGroups({ schedulerId, challenge }, context.proofs);
  }

  /**
   * Checks that the signature of the challenge is of that address.
   * @throws UNAUTHENTICATED when it is not, LIMIT_EXCEEDED after too many failures, BANNED
   */
  async proveAddress(address: string, signature: string): Promise<void> {
    const { options, proofs, bans } = this.#context;
    const { schedulerId } = options.store;
    const check = (): Promise<string> =>
      recoverChallenge({ schedulerId, challenge: this.#challenge, signature });
    const signer = await this.#failed.count(() => proofs.check(check));
    if (signer !== address) {
      this.#failed.failed();
      throw new ManyhandsError(
        'UNAUTHENTICATED',
        `the signature is not of ${address}: sign this connection's challenge`,
        { address },
      );
    }
    const banned = bans.refusal({ address });
    if (banned !== undefined) throw banned;
  }
}

export class IdentityService {
  readonly #context: ServiceContext;

  constructor(context: ServiceContext) {
    this.#context = context;
  }

  /** The proofs of a client that signs `challenge`. */
  proofsOf(challenge: string): ClientProofs {
    return new ClientProofs(this.#context, challenge);
  }

  /** @throws FORBIDDEN when the token is not the operator's */
  checkOperatorToken(token: string): void {
    if (equalsConstantTime(token, this.#context.options.operatorToken)) return;
    throw new ManyhandsError(
      'FORBIDDEN',
      `wrong operator token: read it from operator.token in the scheduler's data folder`,
    );
  }
}

/** Compares in constant time for a given length. */
function equalsConstantTime(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < b.length; i++) difference |= (a.charCodeAt(i) || 0) ^ b.charCodeAt(i);
  return difference === 0;
}
