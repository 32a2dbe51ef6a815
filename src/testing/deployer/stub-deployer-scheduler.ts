/**
 * A stub scheduler for tests of deployers. It speaks the protocol over the memory transport, keeps jobs and their journals,
 * and injects faults: delayed replies, refusals, disconnects, dropped journal rows. It records violations of the protocol
 * (flow control windows, duplicate follows). `tests/contract/stub-schedulers.test.ts` compares its messages with the real ones.
 * @module
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ManyhandsError, toWireError } from '../../lib/errors.js';
import { sha256Hex } from '../../lib/crypto/sha256.js';
import { decodeClientMessage, encodeMessage } from '../../protocol/wire/codec.js';
import { encodeError, encodeBlobRef, ENVELOPE_KIND } from '../../protocol/segment/envelope.js';
import type { JobPackage } from '../../protocol/job/job-package.js';
import { FOLLOW_ROW_BYTES, RESULTS_BYTES_MAX } from '../../protocol/limits.js';
import type {
  ClientMessage,
  WireGroupProof,
  Input,
  JournalRow,
  SchedulerMessage,
  SegmentPart,
} from '../../protocol/messages/messages.js';
import { SegmentReader, SegmentWriter } from '../../protocol/segment/segment.js';
import { PROTOCOL_VERSION } from '../../protocol/wire/version.js';
import type { Connect, Connection } from '../../transport/transport.js';
import { memoryPair } from '../../transport/memory.js';
import { recoverOffer } from '../../wallet/offer.js';
import { recoverChallenge } from '../../wallet/session-proof.js';
import { WORKTIMES } from '../../worktimes/registry.js';
import { StubBlobs } from './stub-blobs.js';
import { StubJob, type StubFollow, type StubOutcome } from './stub-job.js';

type Request = Extract<ClientMessage, { id: number }>;

export interface StubClient {
  connection: Connection;
  owner: string | undefined;
  follows: Map<string, StubFollow>;
}

export class StubDeployerScheduler {
  readonly schedulerId = 'ab'.repeat(32);
  readonly jobs = new Map<string, StubJob>();
  readonly http = new StubBlobs();
  readonly clients = new Set<StubClient>();
  readonly groupProofs: WireGroupProof[] = [];
  /** Wall clock of the stub, milliseconds since 1970. */
  nowMs = 1_800_000_000_000;
  /** Every message received, in order. */
  readonly received: ClientMessage[] = [];
  /** Protocol violations of deployers. */
  readonly violations: string[] = [];
  /** Request types that are refused with `STORE_BUSY`. */
  readonly busyRequests = new Set<string>();
  /** While true, connection attempts fail with `CONNECT_FAILED`. */
  refusesConnections = false;
  /** Replies to requests of these types are held until `releaseReplies`. */
  readonly delayedReplies = new Set<string>();
  /** Called before a request is handled; an error that it throws is sent as the refusal. `lost`: handled, but not replied to. */
  beforeRequest: ((request: Request) => 'lost' | void) | undefined;
  /** Journal rows per message to a follower; further rows follow in a later turn of the event loop. */
  rowsPerMessage = 100;
  /** Journal rows that are not sent, each once: `jobId/seq`. */
  readonly droppedRows = new Set<string>();
  /** Computes the outcome of each slice when it is appended; undefined: slices get no outcome by themselves. */
  computeOutcome: ((datum: unknown, sliceNumber: number) => StubOutcome) | undefined;
  /** Whether every message of journal rows is sent twice. */
  duplicatesRows = false;
  /** Slices per journal row of outcomes. */
  slicesPerRow = 1_000;
  connectionAttempts = 0;
  readonly #heldReplies: (() => void)[] = [];
  readonly connect: Connect = (url) => {
    this.connectionAttempts++;
    if (this.refusesConnections) {
      return Promise.reject(new ManyhandsError('CONNECT_FAILED', 'refused by the test', { url }));
    }
    const [client, server] = memoryPair();
    this.#accept(server);
    return Promise.resolve(client);
  };

  /** The only job; throws where there is not exactly one. */
  get job(): StubJob {
    const [job, ...more] = this.jobs.values();
    if (job === undefined || more.length > 0) throw new Error(`there are ${this.jobs.size} jobs`);
    return job;
  }

  /** Closes every connection with code 1006, as a lost network does. */
  disconnectAll(): void {
    for (const client of [...this.clients]) client.connection.close(1006, 'disconnected by the test');
    this.clients.clear();
  }

  releaseReplies(): void {
    this.delayedReplies.clear();
    for (const answer of this.#heldReplies.splice(0)) answer();
  }

  requestsOfType(type: string): ClientMessage[] {
    return this.received.filter((message) => message.type === type);
  }

  /** The data of all slices of a job, in order. */
  inputData(job: StubJob = this.job): unknown[] {
    return job.inputs.flatMap((input) =>
      Array.from({ length: input.count }, (_, i) => this.http.datum(input, i)),
    );
  }

  /** Commits outcomes of consecutive slices as one row. */
  commitOutcomes(job: StubJob, first: number, outcomes: readonly StubOutcome[]): void {
    const writer = new SegmentWriter();
    for (const outcome of outcomes) {
      if ('value' in outcome) writer.appendValue(outcome.value);
      else if ('error' in outcome) writer.appendEnvelope(ENVELOPE_KIND.error, encodeError(outcome.error));
      else writer.appendEnvelope(ENVELOPE_KIND.blob, encodeBlobRef(this.http.store(outcome.blob)));
      if ('error' in outcome) job.failed++;
      else job.accepted++;
    }
    this.commitRow(job, [{ first, count: outcomes.length, segment: writer.finish() }]);
  }

  /** Commits these parts as one row of outcomes. */
  commitRow(job: StubJob, parts: SegmentPart[]): void {
    job.outcomes.push(...parts);
    job.appendJournal({ kind: 'outcomes', parts });
    this.#completeIfDone(job);
    this.#notifyFollowers(job);
  }

  /** Pauses the job for the reason; without a reason it resumes the job. */
  pause(job: StubJob, reason?: string): void {
    job.runStatus = reason === undefined ? 'running' : 'paused';
    job.reason = reason;
    job.appendJournal(reason === undefined ? { kind: 'resumed' } : { kind: 'paused', reason });
    this.#notifyFollowers(job);
  }

  cancel(job: StubJob, reason: string): void {
    if (job.runStatus !== 'running' && job.runStatus !== 'paused') return;
    job.runStatus = 'cancelled';
    job.reason = reason;
    job.open = false;
    job.appendJournal({ kind: 'cancelled', reason });
    this.#notifyFollowers(job);
  }

  /** Sends a message to every client that follows the job. */
  sendToFollowers(jobId: string, message: SchedulerMessage): void {
    for (const client of this.clients)
      if (client.follows.has(jobId)) client.connection.send(encodeMessage(message));
  }

  #accept(connection: Connection): void {
    const client: StubClient = { connection, owner: undefined, follows: new Map() };
    const challenge = sha256Hex(new TextEncoder().encode(`challenge ${this.connectionAttempts}`));
    this.clients.add(client);
    connection.handle({
      message: (bytes) => {
        const message = decodeClientMessage(bytes);
        this.received.push(message);
        if (message.type === 'hello') return connection.send(encodeMessage(this.#welcome(challenge)));
        if ('id' in message) void this.#handleRequest(client, message, challenge);
        else if (message.type === 'follow.credit') this.#credit(client, message.jobId, message.bytes);
      },
      close: () => void this.clients.delete(client),
    });
  }

  #welcome(challenge: string): SchedulerMessage {
    return {
      type: 'welcome',
      protocol: PROTOCOL_VERSION,
      software: 'stub',
      schedulerId: this.schedulerId,
      nowMs: this.nowMs,
      challenge,
      worktimes: WORKTIMES.map(({ name, version }) => ({ name, version })),
      minimumPrice: 0n,
    };
  }

  async #handleRequest(client: StubClient, request: Request, challenge: string): Promise<void> {
    let answer: SchedulerMessage;
    let fate: 'lost' | void = undefined;
    try {
      fate = this.beforeRequest?.(request);
      // Only `session.prove` is asynchronous, and a client sends nothing else before its reply: requests are handled in order.
      const body =
        request.type === 'session.prove'
          ? await this.#prove(client, request, challenge)
          : this.#replyBody(client, request);
      answer = { type: 'reply', replyTo: request.id, body: body instanceof Promise ? await body : body };
    } catch (error) {
      answer = { type: 'refusal', replyTo: request.id, error: toWireError(error) };
    }
    if (fate === 'lost') return;
    const send = (): void => client.connection.send(encodeMessage(answer));
    if (this.delayedReplies.has(request.type)) this.#heldReplies.push(send);
    else send();
  }

  async #prove(
    client: StubClient,
    { address, signature }: Extract<Request, { type: 'session.prove' }>,
    challenge: string,
  ): Promise<object> {
    const signer = await recoverChallenge({ schedulerId: this.schedulerId, challenge, signature });
    if (signer !== address)
      throw new ManyhandsError('UNAUTHENTICATED', 'the signature is of another address');
    client.owner = address;
    return { address };
  }

  #replyBody(client: StubClient, request: Request): object {
    if (client.owner === undefined)
      throw new ManyhandsError('UNAUTHENTICATED', 'session.prove has to come first');
    if (this.busyRequests.has(request.type))
      throw new ManyhandsError('STORE_BUSY', 'the database is locked by the test');
    switch (request.type) {
      case 'blob.ticket':
        return this.http.ticket(request.digest);
      case 'group.prove':
        this.groupProofs.push(...request.proofs);
        return {};
      case 'job.deploy':
        return this.#deploy(client.owner, request);
      case 'job.append':
        return this.#append(this.#jobOfClient(client, request.jobId), request.appendId, request.input);
      case 'job.close':
        return this.#close(this.#jobOfClient(client, request.jobId));
      case 'job.cancel':
        this.cancel(this.#jobOfClient(client, request.jobId), request.reason);
        return { status: this.#jobOfClient(client, request.jobId).status };
      case 'job.status':
        return { status: this.#jobOfClient(client, request.jobId).status };
      case 'job.list':
        return { jobs: [], more: false };
      case 'job.topup':
        this.#jobOfClient(client, request.jobId).offers.push(request.offer);
        return { status: this.#jobOfClient(client, request.jobId).status };
      case 'job.results':
        return this.#results(this.#jobOfClient(client, request.jobId), request.from, request.to);
      case 'job.follow':
        return this.#follow(client, this.#jobOfClient(client, request.jobId), request);
      case 'job.unfollow':
        client.follows.delete(request.jobId);
        return {};
      case 'account.show':
        return { address: request.address, balance: 5n, escrow: 2n, earned: 1n };
      case 'ping':
        return { nowMs: this.nowMs };
      default:
        throw new ManyhandsError('FORBIDDEN', `the stub has no ${request.type}`);
    }
  }

  #jobOfClient(client: StubClient, jobId: string): StubJob {
    const job = this.jobs.get(jobId);
    if (job === undefined) throw new ManyhandsError('JOB_UNKNOWN', `no job ${jobId}`);
    if (job.owner !== client.owner) throw new ManyhandsError('NOT_OWNER', `job ${jobId} has another owner`);
    return job;
  }

  async #deploy(owner: string, request: Extract<Request, { type: 'job.deploy' }>): Promise<object> {
    const known = this.jobs.get(request.jobId);
    if (known !== undefined) return { status: known.status };
    const job = new StubJob(request.jobId, owner, request.package);
    job.groups = request.groups ?? [];
    for (const blob of blobDigests(job.package)) {
      if (!this.http.blobs.has(blob)) throw new ManyhandsError('BLOB_UNKNOWN', `no blob ${blob}`);
    }
    this.jobs.set(request.jobId, job);
    job.appendJournal({ kind: 'accepted' });
    const { status } = job;
    if (request.offer !== undefined) {
      job.offers.push(request.offer);
      await recoverOffer(request.offer, this.schedulerId);
    }
    return { status };
  }

  #append(job: StubJob, appendId: string, input: Input): object {
    job.appendIds.push(appendId);
    const known = job.appendReplies.get(appendId);
    if (known !== undefined) return known;
    if (job.runStatus === 'cancelled')
      throw new ManyhandsError('JOB_CANCELLED', `job ${job.jobId} is cancelled`);
    if (!job.open) throw new ManyhandsError('JOB_CLOSED', `job ${job.jobId} is closed`);
    this.http.assertBlobsStored(input);
    const answer = { first: job.total + 1, count: input.count };
    job.appendReplies.set(appendId, answer);
    job.inputs.push(input);
    job.total += input.count;
    job.appendJournal({ kind: 'appended', ...answer });
    this.#computeOutcomes(job, input, answer.first);
    this.#notifyFollowers(job);
    return answer;
  }

  #computeOutcomes(job: StubJob, input: Input, first: number): void {
    const { computeOutcome: work, slicesPerRow: rowSlices } = this;
    if (work === undefined) return;
    for (let from = 0; from < input.count; from += rowSlices) {
      const count = Math.min(rowSlices, input.count - from);
      const outcomes = Array.from({ length: count }, (_, i) =>
        work(this.http.datum(input, from + i), first + from + i),
      );
      this.commitOutcomes(job, first + from, outcomes);
    }
  }

  #close(job: StubJob): object {
    if (job.open) {
      job.open = false;
      job.appendJournal({ kind: 'closed' });
      this.#completeIfDone(job);
      this.#notifyFollowers(job);
    }
    return { status: job.status };
  }

  #completeIfDone(job: StubJob): void {
    if (job.open || job.runStatus !== 'running' || job.accepted + job.failed < job.total) return;
    job.runStatus = 'finished';
    job.appendJournal({ kind: 'completed' });
  }

  #results(job: StubJob, from: number, to: number): object {
    const part = job.outcomes
      .filter(({ first, count }) => first <= to && first + count > from)
      .sort((a, b) => a.first - b.first)[0];
    if (part === undefined) return { parts: [] };
    const first = Math.max(from, part.first);
    const last = Math.min(to, part.first + part.count - 1);
    const segment = new SegmentReader(part.segment).slice(first - part.first, last - first + 1);
    const parts = [{ first, count: last - first + 1, segment }];
    return last < to ? { parts, next: last + 1 } : { parts };
  }

  #follow(client: StubClient, job: StubJob, request: Extract<Request, { type: 'job.follow' }>): object {
    const { jobId, after, windowBytes } = request;
    if (client.follows.has(jobId)) this.violations.push(`two follows of ${jobId} on one connection`);
    const follow = { jobId, after, cursor: after, window: windowBytes, windowMax: windowBytes };
    client.follows.set(jobId, follow);
    this.#scheduleRows(client, follow);
    return { status: job.status, owner: job.owner };
  }

  #credit(client: StubClient, jobId: string, bytes: number): void {
    const follow = client.follows.get(jobId);
    if (follow === undefined) return;
    follow.window += bytes;
    if (follow.window > follow.windowMax)
      this.violations.push(`${jobId}: credit for more bytes than were sent`);
    this.#sendRows(client, follow);
  }

  #notifyFollowers(job: StubJob): void {
    for (const client of this.clients) {
      const follow = client.follows.get(job.jobId);
      if (follow !== undefined) this.#scheduleRows(client, follow);
    }
  }

  #scheduleRows(client: StubClient, follow: StubFollow): void {
    void nextTurn().then(() => this.#sendRows(client, follow));
  }

  #sendRows(client: StubClient, follow: StubFollow): void {
    if (client.follows.get(follow.jobId) !== follow) return;
    const job = this.jobs.get(follow.jobId)!;
    const rows: JournalRow[] = [];
    const before = follow.window;
    const hasRoom = (): boolean => follow.window > 0 && before - follow.window < RESULTS_BYTES_MAX;
    while (hasRoom() && follow.cursor < job.journal.length && rows.length < this.rowsPerMessage) {
      const row = job.journal[follow.cursor++]!;
      follow.window -= FOLLOW_ROW_BYTES;
      if (row.event.kind === 'outcomes') {
        for (const part of row.event.parts) follow.window -= part.segment.byteLength;
      }
      if (!this.droppedRows.delete(`${follow.jobId}/${row.seq}`)) rows.push(row);
    }
    if (rows.length === 0) return;
    const message = encodeMessage({ type: 'job.journal', jobId: follow.jobId, rows });
    client.connection.send(message);
    if (this.duplicatesRows) client.connection.send(message);
    this.#scheduleRows(client, follow);
  }
}

function blobDigests(pkg: JobPackage): string[] {
  const named = [pkg.source, pkg.args].flatMap((place) => ('blob' in place ? [place.blob] : []));
  return pkg.fs === undefined ? named : [...named, pkg.fs.blob];
}
