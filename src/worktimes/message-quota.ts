/**
 * Messages that job code posts to itself, while they wait: each counts from its posting until its receiver gets it, or
 * until the receiver is gone.
 * @module
 */
import { LinkedQueue } from './linked-queue.js';
import type { Piece, Quota } from './quota.js';
import { WeakTable } from './weak-table.js';
import { getterOf, methodOf, wrapConstructor, type AnyConstructor } from './wrap-native.js';

const { apply, construct, getOwnPropertyDescriptor } = Reflect;
const { FinalizationRegistry } = globalThis;
const register = methodOf(FinalizationRegistry.prototype, 'register');
const listen =
  typeof EventTarget === 'undefined' ? undefined : methodOf(EventTarget.prototype, 'addEventListener');

/** What a browser keeps for a message and for a port, measured in Chromium 156. */
const MESSAGE_BYTES = 2_048;
const PORT_BYTES = 2_048;
/** Where nobody tells of a message's arrival it counts for ever, as little as may be: there, the process is watched. */
const LASTING_MESSAGE_BYTES = 128;

interface Waiting {
  piece: Piece | undefined;
}

/** The messages on their way to a port, in their order. It does not keep the port. */
interface Inbox {
  readonly waiting: LinkedQueue<Waiting>;
  /** Nobody knows who receives, or somebody may but not by this port. */
  isLost: boolean;
}

export class Messages {
  readonly #quota: Quota;
  readonly #isFollowed: boolean;
  /** By the port that posts. */
  readonly #outboxes = new WeakTable<Inbox>();
  /** By the port that receives. */
  readonly #inboxes = new WeakTable<Inbox>();
  /** Called between turns: within one, a browser keeps what waits for a port that is gone. */
  readonly #registry = new FinalizationRegistry<Inbox>((inbox) => {
    inbox.isLost = true;
    this.#empty(inbox);
  });

  constructor(scope: Record<string, unknown>, quota: Quota) {
    this.#quota = quota;
    const Channel = scope['MessageChannel'] as AnyConstructor | undefined;
    // Other platforms start a port as soon as somebody listens.
    this.#isFollowed = Channel !== undefined && scope['OffscreenCanvas'] !== undefined;
    if (Channel === undefined || !this.#isFollowed) return;
    const first = getterOf(Channel.prototype as object, 'port1');
    const second = getterOf(Channel.prototype as object, 'port2');
    wrapConstructor(scope, 'MessageChannel', Channel, () => {
      quota.check(PORT_BYTES * 2);
      const made = construct(Channel, []) as object;
      const one = apply(first, made, []) as object;
      const two = apply(second, made, []) as object;
      this.#outboxes.set(one, this.#openInbox(two));
      this.#outboxes.set(two, this.#openInbox(one));
      return made;
    });
  }

  /** Counts a message of so many bytes, posted by `port`. Throws a RangeError. */
  post(port: object, bytes: number): void {
    const inbox = this.#outboxes.get(port);
    if (inbox === undefined || inbox.isLost)
      return this.#quota.spend(bytes + (this.#isFollowed ? MESSAGE_BYTES : LASTING_MESSAGE_BYTES));
    const cost = bytes + MESSAGE_BYTES;
    this.#quota.check(cost);
    const waiting: Waiting = { piece: undefined };
    waiting.piece = this.#quota.hold(waiting, cost);
    inbox.waiting.push(waiting);
  }

  /** Of a port that is transferred: from now on all that waits for it counts for ever. */
  forget(port: object): void {
    const inbox = this.#inboxes.get(port);
    if (inbox === undefined || inbox.isLost) return;
    inbox.isLost = true;
    this.#quota.spend(this.#empty(inbox));
  }

  #openInbox(port: object): Inbox {
    const inbox: Inbox = { waiting: new LinkedQueue(), isLost: false };
    this.#quota.hold(port, PORT_BYTES);
    this.#inboxes.set(port, inbox);
    apply(register, this.#registry, [port, inbox]);
    const arrived = (event: unknown): void => {
      // An event that job code made has not come from anybody.
      if (!isTrusted(event as object)) return;
      const first = inbox.waiting.shift();
      if (first !== undefined) this.#release(first);
    };
    // The first listener of the port: no other can stop the event before it.
    apply(listen!, port, ['message', arrived]);
    apply(listen!, port, ['messageerror', arrived]);
    return inbox;
  }

  /** Returns the bytes that waited. */
  #empty(inbox: Inbox): number {
    let bytes = 0;
    for (let one = inbox.waiting.shift(); one !== undefined; one = inbox.waiting.shift())
      bytes += this.#release(one);
    return bytes;
  }

  #release({ piece }: Waiting): number {
    const bytes = piece?.bytes ?? 0;
    if (piece !== undefined) this.#quota.release(piece);
    return bytes;
  }
}

/** A property of the event's own, which nobody can change. */
function isTrusted(event: object): boolean {
  const get = getOwnPropertyDescriptor(event, 'isTrusted')?.get;
  return get !== undefined && apply(get, event, []) === true;
}
