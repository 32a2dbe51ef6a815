/**
 * From a command to its script: the one place that knows them all.
 * @module
 */
import type { Script } from '../rows/query-plan.js';
import type { Command, CommandName, Commands } from '../port/store.js';
import type { CommandContext } from './context.js';
import { append, cancel, close, deploy, topup } from './jobs.js';
import { adopt, expire, giveBack, lease, orphan, recover, renew, revive, takeBack } from './leases.js';
import { mint } from './mint.js';
import { ban, operatorCancel, pauseJob, resumeJob, unban } from './operator.js';
import { report } from './report.js';

/** The script of a command; it throws a coded error before its first write where it refuses. */
export function runCommand(ctx: CommandContext, c: Command): Script<Commands[CommandName][1]> {
  switch (c.name) {
    case 'deploy':
      return deploy(ctx, c);
    case 'append':
      return append(ctx, c);
    case 'close':
      return close(ctx, c);
    case 'cancel':
      return cancel(ctx, c);
    case 'topup':
      return topup(ctx, c);
    case 'lease':
      return lease(ctx, c);
    case 'report':
      return report(ctx, c);
    case 'giveBack':
      return giveBack(ctx, c);
    case 'takeBack':
      return takeBack(ctx, c);
    case 'renew':
      return renew(ctx, c);
    case 'adopt':
      return adopt(ctx, c);
    case 'orphan':
      return orphan(ctx, c);
    case 'expire':
      return expire(ctx);
    case 'revive':
      return revive(ctx);
    case 'recover':
      return recover(ctx, c);
    case 'operatorCancel':
      return operatorCancel(ctx, c);
    case 'pauseJob':
      return pauseJob(ctx, c);
    case 'resumeJob':
      return resumeJob(ctx, c);
    case 'ban':
      return ban(ctx, c);
    case 'unban':
      return unban(ctx, c);
    case 'mint':
      return mint(ctx, c);
  }
}
