/**
 * Maps each command to its query plan.
 * @module
 */
import type { QueryPlan } from '../rows/query-plan.js';
import type { Command, CommandName, Commands } from '../port/store.js';
import type { CommandContext } from './context.js';
import { cancelSlices } from './cancel-slices.js';
import { append, cancel, close, deploy, topup } from './jobs.js';
import { expireLeases, extendLeasesAfterRestart, resumeAfterOutage, revokeLease } from './expire-leases.js';
import { grantLease } from './grant-lease.js';
import { checkpoint, reattachLeases, releaseLease, renewLeases, shortenLeases } from './leases.js';
import { mint } from './mint.js';
import { ban, operatorCancel, pauseJob, resumeJob, unban } from './operator.js';
import { report } from './report.js';
import { retrySlices } from './retry-slices.js';

/** The query plan of a command. A plan that refuses throws a coded error before its first write. */
export function runCommand(ctx: CommandContext, c: Command): QueryPlan<Commands[CommandName][1]> {
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
    case 'cancelSlices':
      return cancelSlices(ctx, c);
    case 'retrySlices':
      return retrySlices(ctx, c);
    case 'grantLease':
      return grantLease(ctx, c);
    case 'report':
      return report(ctx, c);
    case 'checkpoint':
      return checkpoint(ctx, c);
    case 'releaseLease':
      return releaseLease(ctx, c);
    case 'revokeLease':
      return revokeLease(ctx, c);
    case 'renewLeases':
      return renewLeases(ctx, c);
    case 'reattachLeases':
      return reattachLeases(ctx, c);
    case 'shortenLeases':
      return shortenLeases(ctx, c);
    case 'expireLeases':
      return expireLeases(ctx);
    case 'extendLeasesAfterRestart':
      return extendLeasesAfterRestart(ctx);
    case 'resumeAfterOutage':
      return resumeAfterOutage(ctx, c);
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
