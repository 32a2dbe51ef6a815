/**
 * A TCP proxy with an injectable fault, which defines what happens to connections and to their bytes.
 * @module
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Which way bytes go: from the client to the scheduler, or back. */
export type Direction = 'up' | 'down';

export interface Fault {
  /** Called with the open connections when the fault begins, and again after each `againAfterMs`. */
  begin?(connections: ReadonlySet<ProxiedConnection>): void;
  /** Milliseconds until `begin` is called again. */
  againAfterMs?(): number;
  /** Called for each new client; true when the fault handles the client itself and it is not proxied. */
  take?(client: Socket): boolean;
  /**
   * Called with received bytes instead of forwarding them, after the bytes before them were handled.
   * `came`: time of their arrival, milliseconds of the monotonic clock.
   */
  pass?(bytes: Buffer, to: Socket, carried: ProxiedConnection, came: number): Promise<void> | void;
}

/** One client's connection through the proxy. */
export class ProxiedConnection {
  /** Directions whose bytes, and whose end of stream, are dropped. */
  readonly silent = new Set<Direction>();
  /** Number of dropped bytes. */
  droppedBytes = 0;

  constructor(
    readonly client: Socket,
    readonly server: Socket,
  ) {}

  /** Resets both sockets. */
  disconnect(): void {
    this.client.resetAndDestroy();
    this.server.resetAndDestroy();
  }

  other(socket: Socket): Socket {
    return socket === this.client ? this.server : this.client;
  }
}

export class FaultyProxy {
  readonly connections = new Set<ProxiedConnection>();
  /** Number of clients so far. */
  clientCount = 0;
  readonly #taken = new Set<Socket>();
  #fault: Fault = {};
  #again: NodeJS.Timeout | undefined;
  readonly #server: Server;

  private constructor(readonly target: URL) {
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#came(client));
  }

  /** Listens on a free loopback port. */
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

  /** Ends the fault; its effects on single connections remain. */
  end(): void {
    clearTimeout(this.#again);
    this.#fault = {};
  }

  async stop(): Promise<void> {
    this.end();
    for (const carried of this.connections) carried.disconnect();
    for (const client of this.#taken) client.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #came(client: Socket): void {
    this.clientCount += 1;
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
    const carried = new ProxiedConnection(client, server);
    this.connections.add(carried);
    this.#carry('up', client, carried);
    this.#carry('down', server, carried);
  }

  /** Forwards the bytes of one direction in order, however long the fault delays some of them. */
  #carry(direction: Direction, from: Socket, carried: ProxiedConnection): void {
    const to = carried.other(from);
    let before = Promise.resolve();
    from.on('data', (bytes: Buffer) => {
      const { pass } = this.#fault;
      const came = performance.now();
      before = before.then(async () => {
        if (carried.silent.has(direction)) carried.droppedBytes += bytes.length;
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
