/**
 * A TCP proxy whose network can be made faulty: what a fault does with connections and with the bytes on them is its own.
 * @module
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Which way bytes go: from the client to the scheduler, or back. */
export type Direction = 'up' | 'down';

export interface Fault {
  /** When it begins, with the connections that there are; and again so often while it lasts, where it says so. */
  begin?(connections: ReadonlySet<Carried>): void;
  /** Milliseconds until it begins again. */
  againAfterMs?(): number;
  /** A client that comes while it lasts; true when the fault has taken it and it is not to be carried. */
  take?(client: Socket): boolean;
  /**
   * Bytes that come while it lasts, in place of writing them to where they go; called when those before them have passed.
   * `came`: when they came, milliseconds of the monotonic clock.
   */
  pass?(bytes: Buffer, to: Socket, carried: Carried, came: number): Promise<void> | void;
}

/** One client's connection through the proxy. */
export class Carried {
  /** Directions whose bytes vanish without a word, as does the end of the stream. */
  readonly silent = new Set<Direction>();
  /** Bytes that vanished. */
  swallowed = 0;

  constructor(
    readonly client: Socket,
    readonly server: Socket,
  ) {}

  /** Ends it both ways, without a goodbye. */
  cut(): void {
    this.client.resetAndDestroy();
    this.server.resetAndDestroy();
  }

  other(socket: Socket): Socket {
    return socket === this.client ? this.server : this.client;
  }
}

export class FaultyProxy {
  readonly connections = new Set<Carried>();
  /** Clients that came so far. */
  came = 0;
  readonly #taken = new Set<Socket>();
  #fault: Fault = {};
  #again: NodeJS.Timeout | undefined;
  readonly #server: Server;

  private constructor(readonly target: URL) {
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#came(client));
  }

  /** On a free port of loopback. */
  static async start(target: string): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(new URL(target));
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  begin(fault: Fault): void {
    this.#fault = fault;
    fault.begin?.(this.connections);
    const { againAfterMs } = fault;
    if (againAfterMs !== undefined) this.#again = setTimeout(() => this.begin(fault), againAfterMs());
  }

  /** The network is well again; what the fault did to single connections stays done. */
  end(): void {
    clearTimeout(this.#again);
    this.#fault = {};
  }

  async stop(): Promise<void> {
    this.end();
    for (const carried of this.connections) carried.cut();
    for (const client of this.#taken) client.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #came(client: Socket): void {
    this.came += 1;
    client.on('error', () => client.destroy());
    if (this.#fault.take?.(client) === true) {
      this.#taken.add(client);
      client.on('close', () => this.#taken.delete(client));
      return;
    }
    const server = connect({
      host: this.target.hostname,
      port: Number(this.target.port),
      allowHalfOpen: true,
    });
    const carried = new Carried(client, server);
    this.connections.add(carried);
    this.#carry('up', client, carried);
    this.#carry('down', server, carried);
  }

  /** Bytes of one direction go on in their order, however long the fault keeps some of them. */
  #carry(direction: Direction, from: Socket, carried: Carried): void {
    const to = carried.other(from);
    let before = Promise.resolve();
    from.on('data', (bytes: Buffer) => {
      const { pass } = this.#fault;
      const came = performance.now();
      before = before.then(async () => {
        if (carried.silent.has(direction)) carried.swallowed += bytes.length;
        else if (to.destroyed) return;
        else if (pass === undefined) to.write(bytes);
        else await pass(bytes, to, carried, came);
      });
    });
    from.on('end', () => {
      before = before.then(() => {
        if (!carried.silent.has(direction)) to.end();
      });
    });
    from.on('error', () => from.destroy());
    from.on('close', () => {
      if (to.destroyed) this.connections.delete(carried);
      void before.then(() => {
        if (!carried.silent.has(direction)) to.destroy();
      });
    });
  }
}
