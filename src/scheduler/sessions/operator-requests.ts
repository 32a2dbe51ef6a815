/**
 * The requests that only an operator may make. Every action is logged.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { DRAIN_MS_DEFAULT } from '../../protocol/limits.js';
import type { OperatorRequests, WorkerListing } from '../../protocol/messages/operator-messages.js';
import { parseBanned } from '../services/bans.js';
import type { RequestMessage } from './session.js';
import type { SchedulerNode } from '../services/scheduler-node.js';
import type { ConnectedWorker } from '../services/connected-clients.js';

type OperatorMessage = Extract<RequestMessage, { type: keyof OperatorRequests }>;

const TYPES: { readonly [K in keyof OperatorRequests]: true } = {
  'job.pause': true,
  'job.resume': true,
  'worker.list': true,
  'worker.evict': true,
  'ban.add': true,
  'ban.remove': true,
  'ban.list': true,
  'scheduler.drain': true,
};

export function isOperatorMessage(m: RequestMessage): m is OperatorMessage {
  return m.type in TYPES;
}

/** Executes an operator's request. @returns the body of its reply */
export async function answerOperator(node: SchedulerNode, m: OperatorMessage): Promise<object> {
  const { commitQueue, options } = node;
  switch (m.type) {
    case 'job.pause':
      await commitQueue.submit('pauseJob', { jobId: m.jobId, reason: m.reason });
      return {};
    case 'job.resume':
      return commitQueue.submit('resumeJob', { jobId: m.jobId });
    case 'worker.list':
      return listWorkers(node, m.after, m.limit);
    case 'worker.evict':
      return evict(node, m.workerId, m.reason);
    case 'ban.add': {
      const found = await commitQueue.submit('ban', { ...parseBanned(m.subject), reason: m.reason });
      options.log('warn', 'banned', { subject: found.subject, kind: found.kind, reason: m.reason });
      await node.loadBans();
      return { ban: found };
    }
    case 'ban.remove': {
      const { subject } = parseBanned(m.subject);
      const { removed } = await commitQueue.submit('unban', { subject });
      if (!removed) throw new ManyhandsError('BAN_UNKNOWN', `${subject} is not banned here`, { subject });
      options.log('warn', 'unbanned', { subject });
      await node.loadBans();
      return {};
    }
    case 'ban.list':
      return { bans: node.bans.all };
    case 'scheduler.drain':
      node.drain(m.on, m.on ? (m.limitMs ?? DRAIN_MS_DEFAULT) : undefined);
      return { draining: node.isDraining, leases: node.leases.size };
  }
}

function listWorkers(node: SchedulerNode, after: string | undefined, limit: number): object {
  const leases = new Map<unknown, number>();
  for (const { holder } of node.leases.values()) leases.set(holder, (leases.get(holder) ?? 0) + 1);
  const all = [...node.workers.values()].sort((a, b) => (a.workerId < b.workerId ? -1 : 1));
  const from = after === undefined ? 0 : all.findIndex((one) => one.workerId > after);
  const found = from < 0 ? [] : all.slice(from, from + limit);
  return {
    workers: found.map((one) => listing(one, leases.get(one) ?? 0)),
    more: from >= 0 && from + limit < all.length,
  };
}

function listing(worker: ConnectedWorker, leases: number): WorkerListing {
  const { workerId, sandboxHost, sandboxes, worktimes, paymentAddress } = worker.description;
  return {
    ...{ workerId, sandboxHost, sandboxes, worktimes, leases },
    ...(paymentAddress !== undefined && { paymentAddress }),
    ...worker.stats,
  };
}

function evict(node: SchedulerNode, workerId: string, reason: string): object {
  const worker = node.workers.get(workerId);
  if (worker === undefined) {
    throw new ManyhandsError('WORKER_UNKNOWN', `no worker ${workerId} is connected`, { workerId });
  }
  node.options.log('warn', 'evicted', { workerId, peer: worker.stats.peer, reason });
  worker.dismiss(new ManyhandsError('EVICTED', evictedText(reason), { workerId, reason }));
  return {};
}

const evictedText = (reason: string): string =>
  `The operator of this scheduler ended the connection${reason === '' ? '' : `: ${reason}`}.`;
