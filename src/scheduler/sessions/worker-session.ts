/**
 * The session of a worker: it passes each of its requests and notices to the service, or the matchmaker, that handles it.
 * @module
 */
import type { WorkerDescription } from '../../protocol/messages/messages.js';
import type { ConnectedWorker } from '../clients/connected-worker.js';
import type { ProvedGroups } from '../clients/proved-groups.js';
import type { SchedulerNode, Services } from '../services/scheduler-node.js';
import type { ClientConnection } from './client-connection.js';
import {
  replyNow,
  replyLater,
  type NoticeMessage,
  type PendingReply,
  type RequestMessage,
  type Session,
} from './session.js';
import { notWorkerMessage } from './session-errors.js';

export class WorkerSession implements Session {
  readonly #node: SchedulerNode;
  readonly #services: Services;
  readonly #groups: ProvedGroups;
  readonly #worker: ConnectedWorker;

  /** @throws BANNED */
  constructor(node: SchedulerNode, connection: ClientConnection, description: WorkerDescription) {
    this.#node = node;
    this.#services = node.services;
    this.#groups = node.services.identities.proofsOf(connection.challenge).groups;
    this.#worker = node.services.workers.connect(connection, description, this.#groups);
  }

  async request(m: RequestMessage): Promise<PendingReply> {
    const { workers, leases } = this.#services;
    const worker = this.#worker;
    switch (m.type) {
      case 'ping':
        return replyNow({ nowMs: this.#node.options.clock.wallMs() });
      case 'job.package':
        return replyNow(await workers.readPackage(worker, m.jobId));
      case 'job.status':
        return replyNow(await workers.readStatus(worker, m.jobId));
      case 'account.show':
        return replyNow(await workers.readAccount(worker, m.address));
      case 'group.prove':
        await workers.proveGroups(worker, this.#groups, m.proofs);
        return replyNow({});
      case 'blob.ticket':
        return replyNow(await workers.issueTicket(worker, m));
      case 'lease.report':
        return replyLater((await leases.report(worker, m)).done);
      case 'lease.release':
        return replyLater(leases.release(worker, m));
      case 'lease.checkpoint':
        return replyLater(leases.checkpoint(worker, m));
      case 'lease.renew':
        return replyLater(leases.renew(worker, m.leaseIds));
      default:
        throw notWorkerMessage(m.type);
    }
  }

  notice(m: NoticeMessage): void {
    const { workers, live } = this.#services;
    const worker = this.#worker;
    switch (m.type) {
      case 'worker.update':
        return workers.update(worker, m.worker);
      case 'lease.request':
        return this.#node.matchmaker.add(worker, m);
      case 'lease.withdraw':
        return this.#node.matchmaker.remove(worker, m.request);
      case 'slice.console':
        return live.console(worker, m);
      case 'slice.event':
        return live.event(worker, m);
      case 'slice.progress':
        return live.progress(worker, m);
      default:
        throw notWorkerMessage(m.type);
    }
  }

  end(): void {
    this.#services.workers.disconnect(this.#worker);
  }
}
