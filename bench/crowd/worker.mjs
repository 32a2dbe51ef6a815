/**
 * A worker that only waits: it speaks the protocol over a socket of its own and takes a timer for every slice, so that
 * thousands of them fit into one process. It asks for its next lease while it has one, and reports each slice alone.
 */
import { newId } from '../../dist/lib/crypto/ids.js';
import { systemRandom } from '../../dist/lib/crypto/random.js';
import { decodeSchedulerMessage, encodeMessage } from '../../dist/protocol/wire/codec.js';
import { SegmentWriter } from '../../dist/protocol/segment/segment.js';
import { PROTOCOL_VERSION } from '../../dist/protocol/messages/version.js';
import { connectNode } from '../../dist/transport/ws-node.js';

/** Interval of a worker's pings, milliseconds. */
const PING_MS = 15_000;
/** Number of leases that it holds or requests at a time: the current and the next one. */
const LEASES = 2;

const writer = new SegmentWriter();
writer.appendValue(1);
/** The outcome of every slice. */
const ONE = writer.finish();

export class TimerWorker {
  #options;
  #connection;
  #nextId = 1;
  #pending = new Map();
  #wants = new Map();
  #nextWant = 0;
  #leases = [];
  #timer;
  #pings;
  #isLeased = false;
  #isGone = false;
  /** Start times of the worker and of its current slice. */
  bornMs = performance.now();
  sliceBeganMs;

  /** Calls `seen` with: `welcomed`, `leased` (once), `idleWait` (ms), `slice` (from and to), `reported` (ms), `failed`. */
  constructor({ socketUrl, sliceMs, seen }) {
    this.#options = { sliceMs, seen };
    void this.#connect(socketUrl);
  }

  /** Disconnects without a message, as a closed laptop does. */
  leave() {
    this.#isGone = true;
    clearTimeout(this.#timer);
    clearInterval(this.#pings);
    this.#connection?.close();
  }

  async #connect(url) {
    try {
      const connection = await connectNode(url);
      this.#connection = connection;
      if (this.#isGone) return connection.close();
      connection.handle({
        message: (bytes) => this.#hear(decodeSchedulerMessage(bytes)),
        close: () => {
          if (!this.#isGone) this.#options.seen.failed('its connection was closed');
        },
      });
      const worker = {
        workerId: newId(systemRandom),
        worktimes: [{ name: 'map-basic', version: '1.0.0' }],
        sandboxHost: 'deno',
        sandboxes: 1,
      };
      this.#send({ type: 'hello', protocol: PROTOCOL_VERSION, software: 'bench', role: 'worker', worker });
    } catch (error) {
      this.#options.seen.failed(`it could not connect: ${error.message}`);
    }
  }

  #send(message) {
    this.#connection.send(encodeMessage(message));
  }

  #request(type, body, answered = () => undefined) {
    const id = this.#nextId++;
    this.#pending.set(id, answered);
    this.#send({ type, id, ...body });
  }

  #hear(message) {
    if (this.#isGone) return;
    switch (message.type) {
      case 'welcome':
        this.#options.seen.welcomed();
        this.#pings = setInterval(() => this.#request('ping', {}), PING_MS);
        return this.#want();
      case 'reply':
      case 'refusal':
        this.#pending.get(message.replyTo)?.(message);
        this.#pending.delete(message.replyTo);
        if (message.type === 'refusal') this.#options.seen.failed(message.error.code);
        return undefined;
      case 'lease.grant':
        return this.#granted(message);
      case 'lease.recall':
        return this.#recalled(message.leaseId);
      case 'lease.revoke':
        this.#leases = this.#leases.filter(({ leaseId }) => leaseId !== message.leaseId);
        return undefined;
      case 'goodbye':
        return this.#options.seen.failed(message.error.code);
      default:
        return undefined;
    }
  }

  /** Requests as many leases as it may hold beside the present ones. */
  #want() {
    const idle = this.sliceBeganMs === undefined;
    while (this.#leases.length + this.#wants.size < (idle ? 1 : LEASES)) this.#ask(this.#nextWant++, idle);
  }

  #ask(want, idle) {
    this.#wants.set(want, { askedMs: performance.now(), idle });
    this.#send({ type: 'lease.request', request: want, idle });
  }

  #granted({ request: want, lease: { leaseId, first, count } }) {
    const asked = this.#wants.get(want);
    this.#wants.delete(want);
    if (asked?.idle === true) this.#options.seen.idleWait(performance.now() - asked.askedMs);
    if (!this.#isLeased) this.#options.seen.leased();
    this.#isLeased = true;
    this.#leases.push({ leaseId, next: first, last: first + count - 1 });
    if (this.sliceBeganMs === undefined) this.#begin();
    this.#want();
  }

  /** Releases half of the slices that have not begun. */
  #recalled(leaseId) {
    const lease = this.#leases.find((one) => one.leaseId === leaseId);
    if (lease === undefined) return;
    const isBegun = lease === this.#leases[0];
    const give = Math.floor((lease.last - lease.next + (isBegun ? 0 : 1)) / 2);
    if (give === 0) return;
    lease.last -= give;
    this.#request('lease.release', { leaseId, from: lease.last + 1, reason: 'recalled' });
  }

  #begin() {
    const lease = this.#leases[0];
    if (lease === undefined) {
      this.sliceBeganMs = undefined;
      // The request that was made in advance is urgent now.
      for (const want of [...this.#wants.keys()]) this.#ask(want, true);
      return this.#want();
    }
    this.sliceBeganMs = performance.now();
    this.#timer = setTimeout(() => this.#end(lease), this.#options.sliceMs);
  }

  #end(lease) {
    const { sliceMs, seen } = this.#options;
    seen.slice(this.sliceBeganMs, this.sliceBeganMs + sliceMs);
    // The lease may have been revoked meanwhile.
    if (this.#leases[0] === lease) {
      const { leaseId, next: first } = lease;
      const sentMs = performance.now();
      const report = { leaseId, first, count: 1, computeMs: sliceMs, segment: ONE };
      this.#request('lease.report', report, () => seen.reported(performance.now() - sentMs));
      lease.next += 1;
      if (lease.next > lease.last) this.#leases.shift();
    }
    this.#begin();
    this.#want();
  }
}
