/**
 * The session of a deployer or an operator: it decides who asks, and passes each request to the service that answers it.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import type { DeployerRequests } from '../../protocol/messages/messages.js';
import type { ClientIdentity } from '../clients/bans.js';
import { OPERATOR_OWNER, type Caller } from '../services/caller.js';
import type { ClientProofs } from '../services/identity-service.js';
import type { SchedulerNode, Services } from '../services/scheduler-node.js';
import type { ClientConnection } from './client-connection.js';
import { answerOperator, isOperatorMessage } from './operator-requests.js';
import {
  replyNow,
  replyLater,
  type NoticeMessage,
  type PendingReply,
  type RequestMessage,
  type Session,
} from './session.js';
import { notAnOperator, notDeployerMessage } from './session-errors.js';

export class DeployerSession implements Session {
  readonly #node: SchedulerNode;
  readonly #services: Services;
  readonly #connection: ClientConnection;
  readonly #isOperator: boolean;
  readonly #proofs: ClientProofs;
  /** The address that the client has proved; undefined before. */
  #address: string | undefined;
  #hasEnded = false;

  constructor(node: SchedulerNode, connection: ClientConnection, isOperator: boolean) {
    this.#node = node;
    this.#services = node.services;
    this.#connection = connection;
    this.#isOperator = isOperator;
    this.#proofs = node.services.identities.proofsOf(connection.challenge);
    node.clients.add(this);
  }

  /** The identifiers that a ban can name; none for the operator's own connection. */
  get identity(): ClientIdentity {
    return this.#isOperator ? {} : { address: this.#address, peer: this.#connection.peer };
  }

  dismiss(error: ManyhandsError): void {
    this.#connection.dismiss(error);
  }

  async request(m: RequestMessage): Promise<PendingReply> {
    const { jobs, blobs, accounts } = this.#services;
    if (isOperatorMessage(m)) {
      this.#requireOperator();
      return replyNow(await answerOperator(this.#services.operator, m));
    }
    switch (m.type) {
      case 'ping':
        return replyNow({ nowMs: this.#node.options.clock.wallMs() });
      case 'session.prove':
        await this.#proofs.proveAddress(m.address, m.signature);
        this.#address = m.address;
        return replyNow({ address: m.address });
      case 'group.prove':
        this.#caller();
        await this.#proofs.groups.prove(m.proofs);
        return replyNow({});
      case 'blob.ticket':
        this.#caller();
        return replyNow(await blobs.ticket(m.digest, m.bytes));
      case 'job.deploy':
        return replyWithStatus((await jobs.deploy(this.#caller(), this.#proofs.groups, m)).done);
      case 'job.append':
        return replyLater((await jobs.append(this.#caller(), m)).done);
      case 'job.close':
        return replyWithStatus(jobs.close(this.#caller(), m.jobId));
      case 'job.cancel':
        return replyWithStatus(jobs.cancel(this.#caller(), m));
      case 'slices.cancel':
        return replyLater(jobs.cancelSlices(this.#caller(), m));
      case 'slices.retry':
        return replyLater(jobs.retrySlices(this.#caller(), m));
      case 'job.topup':
        return replyWithStatus((await jobs.topup(this.#caller(), m)).done);
      case 'account.mint':
        this.#requireOperator();
        return replyLater(accounts.mint(m));
      case 'job.follow':
        return this.#follow(m);
      default:
        return replyNow(await this.#read(m));
    }
  }

  async #read(m: RequestMessage): Promise<object> {
    const { queries, accounts } = this.#services;
    switch (m.type) {
      case 'job.status':
        return { status: (await queries.status(this.#caller(), m.jobId)).status };
      case 'job.list':
        return queries.list(this.#caller(), m);
      case 'job.terms':
        return queries.terms(this.#caller(), m.jobId);
      case 'job.results':
        return queries.results(this.#caller(), m);
      case 'job.unfollow':
        this.#node.followers.remove(this.#connection, m.jobId);
        return {};
      case 'account.show':
        this.#caller();
        return accounts.show(m.address);
      default:
        throw notDeployerMessage(m.type);
    }
  }

  async #follow(m: DeployerRequests['job.follow'][0]): Promise<PendingReply> {
    return {
      ...replyNow(await this.#services.queries.follow(this.#caller(), m)),
      // Rows follow the reply, unless the connection has ended meanwhile.
      onSent: () => {
        if (!this.#hasEnded) this.#node.followers.add(this.#connection, m.jobId, m.after, m.windowBytes);
      },
    };
  }

  notice(m: NoticeMessage): void {
    if (m.type === 'follow.credit') this.#node.followers.credit(this.#connection, m.jobId, m.bytes);
    else throw notDeployerMessage(m.type);
  }

  drained(): void {
    this.#node.followers.drained(this.#connection);
  }

  end(): void {
    this.#hasEnded = true;
    this.#node.clients.delete(this);
    this.#node.followers.remove(this.#connection);
  }

  /** Who asks. @throws UNAUTHENTICATED before an address is proved */
  #caller(): Caller {
    const isOperator = this.#isOperator;
    if (this.#address === undefined && !isOperator) {
      throw new ManyhandsError('UNAUTHENTICATED', 'prove your address first: session.prove');
    }
    return { owner: this.#address ?? OPERATOR_OWNER, isOperator };
  }

  /** @throws FORBIDDEN */
  #requireOperator(): void {
    if (!this.#isOperator) throw notAnOperator();
  }
}

const replyWithStatus = (done: Promise<object>): PendingReply =>
  replyLater(done.then((status) => ({ status })));
