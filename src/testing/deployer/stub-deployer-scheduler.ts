/**
 * A scheduler of one file, for tests of deployers: it speaks the wire over memory, keeps jobs and their journals, and
 * does to the deployer what a test asks for: late answers, refusals, cut connections, lost rows. It checks windows
 * and the order of cursors, and notes what a deployer does against the rules.
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
  GroupProof,
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
import { StubJob, type StubOutcome } from './stub-job.js';

type Request = Extract<ClientMessage, { id: number }>;

export interface StubFollow {
  jobId: string;
  after: number;
  cursor: number;
  window: number;
  /** The window that it began with: more than that is never free. */
  windowMax: number;
}

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
  readonly groupProofs: GroupProof[] = [];
  /** Its wall clock. */
  nowMs = 1_800_000_000_000;
  /** Every message that came, in order. */
  readonly said: ClientMessage[] = [];
  /** What a deployer did against the rules. */
  readonly violations: string[] = [];
  readonly busy = new Set<string>();
  /** Whether attempts to connect are refused. */
  refusing = false;
  /** Answers of these types wait until `releaseAnswers`. */
  readonly late = new Set<string>();
  /** Called before a request is served; what it throws is the refusal. `lost`: served, and its answer is lost. */
  beforeRequest: ((request: Request) => 'lost' | void) | undefined;
  /** Rows of the journal that a follower is sent at a time; the next ones come in a later turn. */
  rowsAtOnce = 100;
  /** Journal rows that get lost on the way, each once: `jobId/seq`. */
  readonly loseRows = new Set<string>();
  /** What a slice comes to as soon as it is appended; nothing does where absent. */
  work: ((datum: unknown, sliceNumber: number) => StubOutcome) | undefined;
  /** Whether followers get every message of journal rows twice. */
  repeating = false;
  /** Slices in one row of outcomes. */
  rowSlices = 1_000;
  connects = 0;
  readonly #waiting: (() => void)[] = [];
  readonly connect: Connect = (url) => {
    this.connects++;
    if (this.refusing) {
      return Promise.reject(new ManyhandsError('CONNECT_FAILED', 'refused by the test', { url }));
    }
    const [client, server] = memoryPair();
    this.#accept(server);
    return Promise.resolve(client);
  };

  /** The one job that there is. */
  get job(): StubJob {
    const [job, ...more] = this.jobs.values();
    if (job === undefined || more.length > 0) throw new Error(`there are ${this.jobs.size} jobs`);
    return job;
  }

  /** Breaks every connection, as a lost network does. */
  cut(): void {
    for (const client of [...this.clients]) client.connection.close(1006, 'cut by the test');
    this.clients.clear();
  }

  releaseAnswers(): void {
    this.late.clear();
    for (const answer of this.#waiting.splice(0)) answer();
  }

  requests(type: string): ClientMessage[] {
    return this.said.filter((message) => message.type === type);
  }

  /** The datum of every slice of a job, in order. */
  data(job: StubJob = this.job): unknown[] {
    return job.inputs.flatMap((input) =>
      Array.from({ length: input.count }, (_, i) => this.http.datum(input, i)),
    );
  }

  /** Commits outcomes of consecutive slices as one row. */
  outcome(job: StubJob, first: number, outcomes: readonly StubOutcome[]): void {
    const writer = new SegmentWriter();
    for (const outcome of outcomes) {
      if ('value' in outcome) writer.appendValue(outcome.value);
      else if ('error' in outcome) writer.appendEnvelope(ENVELOPE_KIND.error, encodeError(outcome.error));
      else writer.appendEnvelope(ENVELOPE_KIND.blob, encodeBlobRef(this.http.store(outcome.blob)));
      if ('error' in outcome) job.failed++;
      else job.accepted++;
    }
    this.commit(job, [{ first, count: outcomes.length, segment: writer.finish() }]);
  }

  /** Commits one row of outcomes as it is. */
  commit(job: StubJob, parts: SegmentPart[]): void {
    job.outcomes.push(...parts);
    job.add({ kind: 'outcomes', parts });
    this.#completeIfDone(job);
    this.#wake(job);
  }

  /** Pauses it for that reason; without one it goes on. */
  pause(job: StubJob, reason?: string): void {
    job.runStatus = reason === undefined ? 'running' : 'paused';
    job.reason = reason;
    job.add(reason === undefined ? { kind: 'resumed' } : { kind: 'paused', reason });
    this.#wake(job);
  }

  cancel(job: StubJob, reason: string): void {
    if (job.runStatus !== 'running' && job.runStatus !== 'paused') return;
    job.runStatus = 'cancelled';
    job.reason = reason;
    job.open = false;
    job.add({ kind: 'cancelled', reason });
    this.#wake(job);
  }

  /** Sends something to whoever follows that job. */
  tell(jobId: string, message: SchedulerMessage): void {
    for (const client of this.clients)
      if (client.follows.has(jobId)) client.connection.send(encodeMessage(message));
  }

  #accept(connection: Connection): void {
    const client: StubClient = { connection, owner: undefined, follows: new Map() };
    const challenge = sha256Hex(new TextEncoder().encode(`challenge ${this.connects}`));
    this.clients.add(client);
    connection.handle({
      message: (bytes) => {
        const message = decodeClientMessage(bytes);
        this.said.push(message);
        if (message.type === 'hello') return connection.send(encodeMessage(this.#welcome(challenge)));
        if ('id' in message) void this.#serve(client, message, challenge);
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

  async #serve(client: StubClient, request: Request, challenge: string): Promise<void> {
    let answer: SchedulerMessage;
    let fate: 'lost' | void = undefined;
    try {
      fate = this.beforeRequest?.(request);
      // A proof takes its time, and nothing else is sent before it is answered; the others are done at once, in order.
      const body =
        request.type === 'session.prove'
          ? await this.#prove(client, request, challenge)
          : this.#answer(client, request);
      answer = { type: 'reply', replyTo: request.id, body: body instanceof Promise ? await body : body };
    } catch (error) {
      answer = { type: 'refusal', replyTo: request.id, error: toWireError(error) };
    }
    if (fate === 'lost') return;
    const send = (): void => client.connection.send(encodeMessage(answer));
    if (this.late.has(request.type)) this.#waiting.push(send);
    else send();
  }

  async #prove(
    client: StubClient,
    { address, signature }: Extract<Request, { type: 'session.prove' }>,
    challenge: string,
  ): Promise<object> {
    const signer = await recoverChallenge({ schedulerId: this.schedulerId, challenge, signature });
    if (signer !== address) throw new ManyhandsError('UNAUTHENTICATED', 'not their signature');
    client.owner = address;
    return { address };
  }

  #answer(client: StubClient, request: Request): object {
    if (client.owner === undefined) throw new ManyhandsError('UNAUTHENTICATED', 'prove first');
    if (this.busy.has(request.type)) throw new ManyhandsError('STORE_BUSY', 'somebody holds the database');
    switch (request.type) {
      case 'blob.ticket':
        return this.http.ticket(request.digest);
      case 'group.prove':
        this.groupProofs.push(...request.proofs);
        return {};
      case 'job.deploy':
        return this.#deploy(client.owner, request);
      case 'job.append':
        return this.#append(this.#owned(client, request.jobId), request.appendId, request.input);
      case 'job.close':
        return this.#close(this.#owned(client, request.jobId));
      case 'job.cancel':
        this.cancel(this.#owned(client, request.jobId), request.reason);
        return { status: this.#owned(client, request.jobId).status };
      case 'job.status':
        return { status: this.#owned(client, request.jobId).status };
      case 'job.list':
        return { jobs: [], more: false };
      case 'job.topup':
        this.#owned(client, request.jobId).offers.push(request.offer);
        return { status: this.#owned(client, request.jobId).status };
      case 'job.results':
        return this.#results(this.#owned(client, request.jobId), request.from, request.to);
      case 'job.follow':
        return this.#follow(client, this.#owned(client, request.jobId), request);
      case 'job.unfollow':
        client.follows.delete(request.jobId);
        return {};
      case 'account.show':
        return { address: request.address, balance: 5n, escrow: 2n, earned: 1n };
      case 'ping':
        return { nowMs: this.nowMs };
      default:
        throw new ManyhandsError('FORBIDDEN', `${request.type} is not for this stub`);
    }
  }

  #owned(client: StubClient, jobId: string): StubJob {
    const job = this.jobs.get(jobId);
    if (job === undefined) throw new ManyhandsError('JOB_UNKNOWN', `no job ${jobId}`);
    if (job.owner !== client.owner) throw new ManyhandsError('NOT_OWNER', `job ${jobId} is another's`);
    return job;
  }

  async #deploy(owner: string, request: Extract<Request, { type: 'job.deploy' }>): Promise<object> {
    const known = this.jobs.get(request.jobId);
    if (known !== undefined) return { status: known.status };
    const job = new StubJob(request.jobId, owner, request.package);
    job.groups = request.groups ?? [];
    for (const blob of blobsOf(job.package)) {
      if (!this.http.blobs.has(blob)) throw new ManyhandsError('BLOB_UNKNOWN', `no blob ${blob}`);
    }
    this.jobs.set(request.jobId, job);
    job.add({ kind: 'accepted' });
    const { status } = job;
    if (request.offer !== undefined) {
      job.offers.push(request.offer);
      await recoverOffer(request.offer, this.schedulerId);
    }
    return { status };
  }

  #append(job: StubJob, appendId: string, input: Input): object {
    job.appendIds.push(appendId);
    const known = job.answers.get(appendId);
    if (known !== undefined) return known;
    if (job.runStatus === 'cancelled')
      throw new ManyhandsError('JOB_CANCELLED', `job ${job.jobId} is cancelled`);
    if (!job.open) throw new ManyhandsError('JOB_CLOSED', `job ${job.jobId} is closed`);
    this.http.check(input);
    const answer = { first: job.total + 1, count: input.count };
    job.answers.set(appendId, answer);
    job.inputs.push(input);
    job.total += input.count;
    job.add({ kind: 'appended', ...answer });
    this.#work(job, input, answer.first);
    this.#wake(job);
    return answer;
  }

  #work(job: StubJob, input: Input, first: number): void {
    const { work, rowSlices } = this;
    if (work === undefined) return;
    for (let from = 0; from < input.count; from += rowSlices) {
      const count = Math.min(rowSlices, input.count - from);
      const outcomes = Array.from({ length: count }, (_, i) =>
        work(this.http.datum(input, from + i), first + from + i),
      );
      this.outcome(job, first + from, outcomes);
    }
  }

  #close(job: StubJob): object {
    if (job.open) {
      job.open = false;
      job.add({ kind: 'closed' });
      this.#completeIfDone(job);
      this.#wake(job);
    }
    return { status: job.status };
  }

  #completeIfDone(job: StubJob): void {
    if (job.open || job.runStatus !== 'running' || job.accepted + job.failed < job.total) return;
    job.runStatus = 'finished';
    job.add({ kind: 'completed' });
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
    this.#pumpLater(client, follow);
    return { status: job.status, owner: job.owner };
  }

  #credit(client: StubClient, jobId: string, bytes: number): void {
    const follow = client.follows.get(jobId);
    if (follow === undefined) return;
    follow.window += bytes;
    if (follow.window > follow.windowMax) this.violations.push(`${jobId}: credit for more than was sent`);
    this.#pump(client, follow);
  }

  #wake(job: StubJob): void {
    for (const client of this.clients) {
      const follow = client.follows.get(job.jobId);
      if (follow !== undefined) this.#pumpLater(client, follow);
    }
  }

  #pumpLater(client: StubClient, follow: StubFollow): void {
    void nextTurn().then(() => this.#pump(client, follow));
  }

  #pump(client: StubClient, follow: StubFollow): void {
    if (client.follows.get(follow.jobId) !== follow) return;
    const job = this.jobs.get(follow.jobId)!;
    const rows: JournalRow[] = [];
    const before = follow.window;
    const hasRoom = (): boolean => follow.window > 0 && before - follow.window < RESULTS_BYTES_MAX;
    while (hasRoom() && follow.cursor < job.journal.length && rows.length < this.rowsAtOnce) {
      const row = job.journal[follow.cursor++]!;
      follow.window -= FOLLOW_ROW_BYTES;
      if (row.event.kind === 'outcomes') {
        for (const part of row.event.parts) follow.window -= part.segment.byteLength;
      }
      if (!this.loseRows.delete(`${follow.jobId}/${row.seq}`)) rows.push(row);
    }
    if (rows.length === 0) return;
    const message = encodeMessage({ type: 'job.journal', jobId: follow.jobId, rows });
    client.connection.send(message);
    if (this.repeating) client.connection.send(message);
    this.#pumpLater(client, follow);
  }
}

function blobsOf(pkg: JobPackage): string[] {
  const named = [pkg.source, pkg.args].flatMap((place) => ('blob' in place ? [place.blob] : []));
  return pkg.fs === undefined ? named : [...named, pkg.fs.blob];
}
