/**
 * The requests that only an operator may make.
 * @module
 */
import type { OperatorRequests } from '../../protocol/messages/operator-messages.js';
import type { OperatorService } from '../services/operator-service.js';
import type { RequestMessage } from './session.js';

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
export async function answerOperator(operator: OperatorService, m: OperatorMessage): Promise<object> {
  switch (m.type) {
    case 'job.pause':
      await operator.pauseJob(m);
      return {};
    case 'job.resume':
      return operator.resumeJob(m.jobId);
    case 'worker.list':
      return operator.listWorkers(m);
    case 'worker.evict':
      operator.evictWorker(m);
      return {};
    case 'ban.add':
      return { ban: await operator.ban(m) };
    case 'ban.remove':
      await operator.unban(m);
      return {};
    case 'ban.list':
      return { bans: operator.bans };
    case 'scheduler.drain':
      return operator.drain(m);
  }
}
