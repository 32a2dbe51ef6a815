/**
 * The message channels of job code in Deno; a script of its own, which runs in a sandbox's Worker before the sandbox
 * script. Deno keeps the id of a port's resource in a property that any code can write: a port of Deno's, its prototype,
 * or a transfer of something that is no buffer would let job code speak and listen in the place of the sandbox. So job
 * code gets channels that are made here, and nothing of Deno's.
 * @module
 */
const { defineProperty, getOwnPropertyDescriptor, getOwnPropertySymbols } = Object;
const { apply } = Reflect;
const { EventTarget, MessageEvent, DOMException, TypeError } = globalThis;
const { iterator } = Symbol;
const HostChannel = globalThis.MessageChannel;

type Method = (this: unknown, ...args: unknown[]) => unknown;
const clone = globalThis.structuredClone as (this: void, value: unknown, options?: unknown) => unknown;
/** A method, or the getter of an accessor, as it is now. */
function methodOf(holder: object, name: string): Method {
  const found = getOwnPropertyDescriptor(holder, name) as { value?: Method; get?: Method };
  return (found.value ?? found.get)!;
}
const dispatchEvent = methodOf(EventTarget.prototype, 'dispatchEvent');
const addEventListener = methodOf(EventTarget.prototype, 'addEventListener');
const byteLength = methodOf(ArrayBuffer.prototype, 'byteLength');

/** A function that waits for a turn of the event loop, and the one after it. */
interface Turn {
  readonly run: () => void;
  next: Turn | undefined;
}

const turns = new HostChannel();
const callTurn = turns.port2.postMessage.bind(turns.port2);
let firstTurn: Turn | undefined;
let lastTurn: Turn | undefined;
turns.port1.onmessage = () => {
  const turn = firstTurn;
  if (turn === undefined) return;
  firstTurn = turn.next;
  if (firstTurn === undefined) lastTurn = undefined;
  turn.run();
};

/** Calls in a later turn, in the order of the calls; a list of ours, since job code may change what arrays do. */
function later(run: () => void): void {
  const turn: Turn = { run, next: undefined };
  if (lastTurn === undefined) firstTurn = turn;
  else lastTurn.next = turn;
  lastTurn = turn;
  callTurn(0);
}

/** By this property Deno refuses to clone what has it, as it does with ports of its own. */
const unclonable = getOwnPropertySymbols(turns.port1).find((key) => key.description?.includes('hostObject'));

function refuse(text: string): never {
  throw new DOMException(text, 'DataCloneError');
}

function isBuffer(item: unknown): boolean {
  try {
    apply(byteLength, item, []);
    return true;
  } catch {
    return false;
  }
}

/** What the second argument of `postMessage` and `structuredClone` names as transferred, read once. */
function transferOf(options: unknown): unknown[] {
  if (typeof options !== 'object' || options === null) return [];
  const list = iterator in options ? options : (options as { transfer?: unknown }).transfer;
  return list === undefined || list === null ? [] : [...(list as Iterable<unknown>)];
}

/** A copy by Deno, which is given nothing to transfer but buffers, by no method that job code can replace. */
function copy(value: unknown, buffers: unknown[]): unknown {
  for (let i = 0; i < buffers.length; i++)
    if (!isBuffer(buffers[i])) refuse('Only ArrayBuffers and MessagePorts can be transferred here');
  if (buffers.length === 0) return clone(value);
  let i = 0;
  const next = (): IteratorResult<unknown> =>
    i < buffers.length ? { done: false, value: buffers[i++] } : { done: true, value: undefined };
  return clone(value, { transfer: { [iterator]: () => ({ next }) } });
}

interface Letter {
  readonly data: unknown;
  readonly ports: unknown[];
}

const key = {};

class MessagePort extends EventTarget {
  #peer: MessagePort | undefined;
  #isStarted = false;
  #waiting: Letter[] = [];
  readonly #handlers: Record<string, unknown> = Object.create(null) as Record<string, unknown>;

  constructor(given?: unknown) {
    if (given !== key) throw new TypeError('Illegal constructor');
    super();
    if (unclonable !== undefined)
      defineProperty(this, unclonable, { value: 'MessagePort', enumerable: true });
  }

  static pair(this: void): [MessagePort, MessagePort] {
    const [one, two] = [new MessagePort(key), new MessagePort(key)];
    one.#peer = two;
    two.#peer = one;
    return [one, two];
  }

  postMessage(...args: unknown[]): void {
    if (args.length === 0) throw new TypeError("'postMessage' on 'MessagePort': 1 argument required");
    const [message, options] = args;
    const buffers: unknown[] = [];
    const ports: MessagePort[] = [];
    for (const item of transferOf(options)) {
      if (typeof item !== 'object' || item === null || !(#peer in item)) buffers.push(item);
      else if (item === this || ports.includes(item)) refuse('A port is transferred twice, or by itself');
      else ports.push(item);
    }
    const data = copy(message, buffers);
    const moved = ports.map((port) => port.#move());
    const peer = this.#peer;
    if (peer !== undefined) peer.#receive({ data, ports: moved });
  }

  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    for (const letter of this.#waiting.splice(0)) this.#deliver(letter);
  }

  close(): void {
    const peer = this.#peer;
    this.#peer = undefined;
    if (peer !== undefined) peer.#peer = undefined;
    this.#waiting = [];
  }

  get onmessage(): unknown {
    return this.#handlers['message'] ?? null;
  }

  set onmessage(handler: unknown) {
    this.#handle('message', handler);
    this.start();
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

  #handle(type: string, handler: unknown): void {
    const isKnown = type in this.#handlers;
    this.#handlers[type] = typeof handler === 'function' ? handler : null;
    if (isKnown) return;
    const listener = (event: Event): void => {
      const now = this.#handlers[type];
      if (typeof now === 'function') apply(now as Method, this, [event]);
    };
    apply(addEventListener, this, [type, listener]);
  }

  #receive(letter: Letter): void {
    if (this.#isStarted) this.#deliver(letter);
    else this.#waiting.push(letter);
  }

  #deliver({ data, ports }: Letter): void {
    later(() => {
      const event = new MessageEvent('message', { data, ports: ports as globalThis.MessagePort[] });
      apply(dispatchEvent, this, [event]);
    });
  }

  /** Another port in the place of this one, which is worth nothing from now on. */
  #move(): MessagePort {
    const moved = new MessagePort(key);
    const peer = this.#peer;
    moved.#peer = peer;
    if (peer !== undefined) peer.#peer = moved;
    moved.#waiting = this.#waiting.splice(0);
    this.#peer = undefined;
    return moved;
  }
}

const { pair } = MessagePort;
Reflect.deleteProperty(MessagePort, 'pair');

class MessageChannel {
  readonly #ports = pair();

  get port1(): MessagePort {
    return this.#ports[0];
  }

  get port2(): MessagePort {
    return this.#ports[1];
  }

  get [Symbol.toStringTag](): string {
    return 'MessageChannel';
  }
}

function structuredClone(...args: unknown[]): unknown {
  if (args.length === 0) throw new TypeError("'structuredClone': 1 argument required");
  return copy(args[0], transferOf(args[1]));
}

const given = { MessagePort, MessageChannel, structuredClone, HostMessageChannel: HostChannel };
// The sandbox script takes the last one for its own turns, and takes it away.
for (const [name, value] of Object.entries(given))
  defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
