/**
 * The operator's command that creates credits: a transfer from the mint account.
 * @module
 */
import { ManyhandsError } from '../../../lib/errors.js';
import { UNITS_MAX } from '../../../protocol/limits.js';
import { formatUnits } from '../../policy/price.js';
import { balanceOf, isTransferred, lockBalance, transfer } from '../rows/ledger.js';
import type { QueryPlan } from '../rows/query-plan.js';
import type { CommandResult, Commands } from '../port/store.js';
import { MINT } from '../schema/account-tables.js';
import type { CommandContext } from './context.js';

/**
 * Credits an account; repeating a `mintId` changes nothing. The sum of all credits fits in 64 bits, and so does every
 * balance.
 * @throws LIMIT_EXCEEDED past `UNITS_MAX` units in all
 */
export function* mint(ctx: CommandContext, c: Commands['mint'][0]): QueryPlan<CommandResult<'mint'>> {
  const id = `mint:${c.mintId}`;
  if (!(yield* isTransferred(id))) {
    const minted = -(yield* lockBalance(MINT));
    if (minted + c.amount > UNITS_MAX) {
      throw new ManyhandsError(
        'LIMIT_EXCEEDED',
        `${formatUnits(minted)} credits were minted already, and there can be ${formatUnits(UNITS_MAX)} in all: mint less`,
        { limit: 'UNITS_MAX', max: Number(UNITS_MAX), actual: Number(minted + c.amount) },
      );
    }
    yield* transfer({ id, debit: MINT, credit: c.account, amount: c.amount, atMs: ctx.nowMs });
  }
  return { balance: yield* balanceOf(c.account) };
}
