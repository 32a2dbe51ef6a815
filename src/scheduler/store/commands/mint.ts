/**
 * The operator's command: credits from nothing, on the mint's side of the ledger.
 * @module
 */
import { balanceOf, isTransferred, MINT, transfer } from '../ledger.js';
import type { Script } from '../script.js';
import type { Answer, Commands } from '../store.js';
import type { CommandContext } from './context.js';

/** Credits an account. The same `mintId` again changes nothing. */
export function* mint(ctx: CommandContext, c: Commands['mint'][0]): Script<Answer<'mint'>> {
  const id = `mint:${c.mintId}`;
  if (!(yield* isTransferred(id))) {
    yield* transfer({ id, debit: MINT, credit: c.account, amount: c.amount, atMs: ctx.nowMs });
  }
  return { balance: yield* balanceOf(c.account) };
}
