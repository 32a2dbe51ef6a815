/**
 * The use cases on accounts of the ledger.
 * @module
 */
import type { DeployerRequests } from '../../protocol/messages/messages.js';
import type { ServiceContext } from './service-context.js';

export class AccountService {
  readonly #context: ServiceContext;

  constructor(context: ServiceContext) {
    this.#context = context;
  }

  /** Balance, escrow and earned sum of an account; zero for an unknown one. */
  async show(address: string): Promise<DeployerRequests['account.show'][1]> {
    return { address, ...(await this.#context.options.store.account(address)) };
  }

  /** Creates credits, for the operator. Repeating a `mintId` changes nothing. @throws what the command `mint` throws */
  async mint({
    address: account,
    amount,
    mintId,
  }: DeployerRequests['account.mint'][0]): Promise<{ balance: bigint }> {
    const { commitQueue, options } = this.#context;
    const minted = await commitQueue.submit('mint', { account, amount, mintId });
    options.log('warn', 'minted', { account, amount, mintId });
    return minted;
  }
}
