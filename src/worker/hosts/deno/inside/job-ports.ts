/**
 * Message channels for job code in Deno. This script runs in a sandbox's Worker before the sandbox script. Deno stores the
 * id of a port's resource in a property that any code can write: with one of Deno's ports, its prototype, or a transfer of
 * something that is not a buffer, job code could send and receive in place of the sandbox. So job code gets channels that
 * are implemented here, and none of Deno's objects. Deno is never given a transfer list, since it reads lists with methods
 * that job code can replace. For the same reason this code uses no method, iterator or property of a prototype that job
 * code can reach: everything was captured before job code ran, and lists are linked lists.
 * @module
 */
import { NO_TRANSFER } from '../../../../lib/no-transfer.js';
import {
  apply,
  defineProperty,
  DOMException,
  isBuffer,
  methodOf,
  TypeError,
  type AnyMethod,
} from '../../../../worktimes/realm/captured.js';
import { macrotaskQueue } from '../../../../worktimes/realm/macrotask-queue.js';

const { freeze, getOwnPropertySymbols } = Object;
const { EventTarget, MessageEvent } = globalThis;
const { iterator } = Symbol;
const HostChannel = globalThis.MessageChannel;

const clone = globalThis.structuredClone as (this: void, value: unknown, options?: unknown) => unknown;
const dispatchEvent = methodOf(EventTarget.prototype, 'dispatchEvent');
const addEventListener = methodOf(EventTarget.prototype, 'addEventListener');
const transferBuffer = methodOf(ArrayBuffer.prototype, 'transfer');

/** Defines a property with a descriptor that inherits nothing from `Object.prototype`. */
function define(target: object, name: PropertyKey, value: unknown): void {
  const how = { __proto__: null, value, writable: true, configurable: true, enumerable: true };
  defineProperty(target, name, how);
}

interface Link<T> {
  readonly item: T;
  next: Link<T> | undefined;
}

/** A linked list, since job code may replace the methods of arrays. */
class List<T> {
  first: Link<T> | undefined = undefined;
  #last: Link<T> | undefined = undefined;

  add(item: T): void {
    const link: Link<T> = { item, next: undefined };
    if (this.#last === undefined) this.first = link;
    else this.#last.next = link;
    this.#last = link;
  }

  /** Removes and returns the first item; `undefined` if there is none. */
  take(): T | undefined {
    const link = this.first;
    if (link === undefined) return undefined;
    this.first = link.next;
    if (this.first === undefined) this.#last = undefined;
    return link.item;
  }

  has(item: T): boolean {
    for (let link = this.first; link !== undefined; link = link.next) if (link.item === item) return true;
    return false;
  }
}

const turns = new HostChannel();
const later = macrotaskQueue(turns);

/** Deno refuses to clone objects with this property, as its own ports have it. */
const unclonable = getOwnPropertySymbols(turns.port1).find((key) => key.description?.includes('hostObject'));

function refuse(text: string): never {
  throw new DOMException(text, 'DataCloneError');
}

/** The items that the second argument of `postMessage` or `structuredClone` transfers, each read once. */
function transferOf(options: unknown): List<unknown> {
  const items = new List<unknown>();
  if (typeof options !== 'object' || options === null) return items;
  const list = iterator in options ? options : (options as { transfer?: unknown }).transfer;
  if (list === undefined || list === null) return items;
  // Uses the iterator of the caller's object, as the standard says; the items are not stored in an array.
  for (const item of list as Iterable<unknown>) items.add(item);
  return items;
}

/** Copies a value with Deno's clone, then detaches the buffers as a transfer does. */
function copy(value: unknown, buffers: List<unknown>): unknown {
  const checked = new List<unknown>();
  for (let link = buffers.first; link !== undefined; link = link.next) {
    if (!isBuffer(link.item)) refuse('Only ArrayBuffers and MessagePorts can be transferred here');
    if (checked.has(link.item)) refuse('An ArrayBuffer is transferred twice');
    checked.add(link.item);
  }
  const copied = clone(value, NO_TRANSFER);
  for (let link = checked.first; link !== undefined; link = link.next) empty(link.item);
  return copied;
}

function empty(buffer: unknown): void {
  try {
    apply(transferBuffer, buffer, []);
  } catch {
    refuse('An ArrayBuffer cannot be transferred, or was transferred before');
  }
}

interface Letter {
  readonly data: unknown;
  readonly ports: List<MessagePort>;
}

/** The items as a frozen array, as events provide them. */
function arrayOf<T>(list: List<T>): readonly T[] {
  const array: T[] = [];
  let length = 0;
  for (let link = list.first; link !== undefined; link = link.next) define(array, length++, link.item);
  return freeze(array);
}

const key = {};

class MessagePort extends EventTarget {
  #peer: MessagePort | undefined;
  #isStarted = false;
  #waiting = new List<Letter>();
  readonly #handlers: Record<string, unknown> = Object.create(null) as Record<string, unknown>;

  constructor(given?: unknown) {
    if (given !== key) throw new TypeError('Illegal constructor');
    super();
    if (unclonable !== undefined) define(this, unclonable, 'MessagePort');
  }

  static pair(this: void): { readonly one: MessagePort; readonly two: MessagePort } {
    const one = new MessagePort(key);
    const two = new MessagePort(key);
    one.#peer = two;
    two.#peer = one;
    return { one, two };
  }

  postMessage(...args: unknown[]): void {
    if (args.length === 0) throw new TypeError("'postMessage' on 'MessagePort': 1 argument required");
    const buffers = new List<unknown>();
    const ports = new List<MessagePort>();
    const options = args.length > 1 ? args[1] : undefined;
    for (let link = transferOf(options).first; link !== undefined; link = link.next) {
      const { item } = link;
      if (typeof item !== 'object' || item === null || !(#peer in item)) buffers.add(item);
      else if (item === this || ports.has(item)) refuse('A port is transferred twice, or by itself');
      else ports.add(item);
    }
    const data = copy(args[0], buffers);
    const moved = new List<MessagePort>();
    for (let link = ports.first; link !== undefined; link = link.next) moved.add(link.item.#move());
    const peer = this.#peer;
    if (peer !== undefined) peer.#receive({ data, ports: moved });
  }

  start(): void {
    this.#start();
  }

  close(): void {
    const peer = this.#peer;
    this.#peer = undefined;
    if (peer !== undefined) peer.#peer = undefined;
    this.#waiting = new List();
  }

  get onmessage(): unknown {
    return this.#handlers['message'] ?? null;
  }

  set onmessage(handler: unknown) {
    this.#handle('message', handler);
    this.#start();
  }

  get onmessageerror(): unknown {
    return this.#handlers['messageerror'] ?? null;
  }

  set onmessageerror(handler: unknown) {
    this.#handle('messageerror', handler);
  }

  get [Symbol.toStringTag](): string {
    return 'MessagePort';
  }

  #start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    for (let link = this.#waiting.first; link !== undefined; link = link.next) this.#deliver(link.item);
    this.#waiting = new List();
  }

  #handle(type: string, handler: unknown): void {
    const isKnown = type in this.#handlers;
    this.#handlers[type] = typeof handler === 'function' ? handler : null;
    if (isKnown) return;
    const listener = (event: Event): void => {
      const now = this.#handlers[type];
      if (typeof now === 'function') apply(now as AnyMethod, this, [event]);
    };
    apply(addEventListener, this, [type, listener]);
  }

  #receive(letter: Letter): void {
    if (this.#isStarted) this.#deliver(letter);
    else this.#waiting.add(letter);
  }

  #deliver(letter: Letter): void {
    later(() => {
      const event = new MessageEvent('message');
      define(event, 'data', letter.data);
      define(event, 'ports', arrayOf(letter.ports));
      apply(dispatchEvent, this, [event]);
    });
  }

  /** Creates a port that replaces this one, which is detached from now on. */
  #move(): MessagePort {
    const moved = new MessagePort(key);
    const peer = this.#peer;
    moved.#peer = peer;
    if (peer !== undefined) peer.#peer = moved;
    moved.#waiting = this.#waiting;
    this.#waiting = new List();
    this.#peer = undefined;
    return moved;
  }
}

const { pair } = MessagePort;
Reflect.deleteProperty(MessagePort, 'pair');

class MessageChannel {
  readonly #ports = pair();

  get port1(): MessagePort {
    return this.#ports.one;
  }

  get port2(): MessagePort {
    return this.#ports.two;
  }

  get [Symbol.toStringTag](): string {
    return 'MessageChannel';
  }
}

function structuredClone(...args: unknown[]): unknown {
  if (args.length === 0) throw new TypeError("'structuredClone': 1 argument required");
  return copy(args[0], transferOf(args.length > 1 ? args[1] : undefined));
}

// Minification removes their names.
for (const [name, value] of Object.entries({ MessagePort, MessageChannel, structuredClone }))
  defineProperty(value, 'name', { value: name, configurable: true });

const given = { MessagePort, MessageChannel, structuredClone, HostMessageChannel: HostChannel };
// The sandbox script uses the last one for its own turns, and deletes it.
for (const [name, value] of Object.entries(given))
  defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
