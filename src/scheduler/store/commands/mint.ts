/**
 * The operator's command: credits from nothing, on the mint's side of the ledger.
 * @module
 */
import { ManyhandsError } from '../../../lib/errors.js';
import { UNITS_MAX } from '../../../protocol/limits.js';
import { formatUnits } from '../../policy/price.js';
import { balanceOf, isTransferred, MINT, transfer } from '../rows/ledger.js';
import type { Script } from '../rows/query-plan.js';
import type { Answer, Commands } from '../port/store.js';
import type { CommandContext } from './context.js';

/**
 * Credits an account. The same `mintId` again changes nothing. All credits there are fit in 64 bits, so every balance
 * does: past that it is refused with `LIMIT_EXCEEDED`.
 */
export function* mint(ctx: CommandContext, c: Commands['mint'][0]): Script<Answer<'mint'>> {
  const id = `mint:${c.mintId}`;
  if (!(yield* isTransferred(id))) {
    const minted = -(yield* balanceOf(MINT));
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
