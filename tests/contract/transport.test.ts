/**
 * What every transport does alike: the same tests over real sockets, over memory, and over memory with delays.
 * @module
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { systemClock } from '../../src/lib/clock.js';
import { deferred } from '../../src/lib/deferred.js';
import { FaultyNetwork } from '../../src/testing/faulty-network.js';
import { SeededRandom } from '../../src/testing/seeded-random.js';
import { memoryNetwork } from '../../src/testing/memory-network.js';
import type { CloseInfo, Connect, Connection } from '../../src/transport/transport.js';
import { connectBrowser } from '../../src/transport/ws-browser.js';
import { acceptNode, connectNode } from '../../src/transport/ws-node.js';

/** Something that listens, and a way to reach it. */
interface Fixture {
  connect: Connect;
  url: string;
  /** An address of the same kind at which nothing listens. */
  nowhere: string;
  /** Each connection as the server's side gets it. */
  accept(onConnection: (connection: Connection) => void): void;
  close(): Promise<void>;
}

async function sockets(connect: Connect): Promise<Fixture> {
  const server = createServer();
  let accept: (connection: Connection) => void = () => undefined;
  const acceptor = acceptNode(server, '/socket', (connection) => accept(connection));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    connect,
    url: `ws://127.0.0.1:${port}/socket`,
    nowhere: `ws://127.0.0.1:${port}/elsewhere`,
    accept: (onConnection) => void (accept = onConnection),
    async close() {
      await acceptor.close();
      server.close();
    },
  };
}

const fixtures: Record<string, () => Promise<Fixture>> = {
  'ws in Node': () => sockets(connectNode),
  // The same class as a page has, but for what a browser forbids: that is for the tests in a real one.
  "a page's WebSocket": () => sockets(connectBrowser),
  memory() {
    const network = memoryNetwork();
    return Promise.resolve({
      connect: network.connect,
      url: 'memory://here',
      nowhere: 'memory://nowhere',
      accept: (onConnection) => void network.listen('memory://here', onConnection),
      close: () => Promise.resolve(),
    });
  },
  'memory with delays'() {
    const random = new SeededRandom(1);
    const network = new FaultyNetwork({ clock: systemClock, random, faults: { latencyMs: [0, 3] } });
    return Promise.resolve({
      connect: network.connect,
      url: 'memory://here',
      nowhere: 'memory://nowhere',
      accept: (onConnection) => void network.listen('memory://here', onConnection),
      close: () => Promise.resolve(),
    });
  },
};

/** One end, with what came to it. */
class End {
  readonly connection: Connection;
  readonly received: Uint8Array[] = [];
  readonly closes: CloseInfo[] = [];
  drains = 0;
  #changed = deferred();

  constructor(connection: Connection) {
    this.connection = connection;
    connection.handle({
      message: (bytes) => this.#note(() => this.received.push(bytes)),
      close: (info) => this.#note(() => this.closes.push(info)),
      drain: () => this.#note(() => this.drains++),
    });
  }

  /** Resolves when `reached` holds; it is looked at whenever something came. */
  async until(reached: (end: this) => boolean): Promise<void> {
    while (!reached(this)) await this.#changed.promise;
  }

  get texts(): string[] {
    return this.received.map((bytes) => new TextDecoder().decode(bytes));
  }

  #note(change: () => void): void {
    change();
    this.#changed.resolve();
    this.#changed = deferred();
  }
}

Object.assign(globalThis, { WebSocket });

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

describe.each(Object.entries(fixtures))('%s', (_, start) => {
  let fixture: Fixture;

  beforeEach(async () => {
    fixture = await start();
  });

  afterEach(() => fixture.close());

  async function pair(): Promise<{ client: Connection; server: Connection }> {
    const accepted = deferred<Connection>();
    fixture.accept(accepted.resolve);
    const client = await fixture.connect(fixture.url);
    return { client, server: await accepted.promise };
  }

  it('delivers messages in both directions, complete and in order', async () => {
    const { client, server } = await pair();
    const [a, b] = [new End(client), new End(server)];
    for (let i = 0; i < 500; i++) {
      client.send(utf8(`to server ${i}`));
      server.send(utf8(`to client ${i}`));
    }
    await Promise.all([
      a.until((end) => end.received.length === 500),
      b.until((end) => end.received.length === 500),
    ]);
    expect(b.texts).toEqual(Array.from({ length: 500 }, (_, i) => `to server ${i}`));
    expect(a.texts).toEqual(Array.from({ length: 500 }, (_, i) => `to client ${i}`));
    client.close();
  });

  it('delivers large and empty messages', async () => {
    const { client, server } = await pair();
    const end = new End(server);
    const large = new Uint8Array(3 * 1024 * 1024).map((_, i) => i % 251);
    client.send(large);
    client.send(new Uint8Array(0));
    await end.until(({ received }) => received.length === 2);
    expect(Buffer.compare(end.received[0]!, large)).toBe(0);
    expect(end.received[1]).toHaveLength(0);
    client.close();
  });

  it('sends the bytes of a view, not of its whole buffer', async () => {
    const { client, server } = await pair();
    const end = new End(server);
    client.send(utf8('0123456789').subarray(3, 6));
    await end.until(({ received }) => received.length === 1);
    expect(end.texts).toEqual(['345']);
    client.close();
  });

  it('keeps messages that arrive before a handler is set', async () => {
    const { client, server } = await pair();
    const answers = new End(server);
    client.send(utf8('first'));
    server.send(utf8('early'));
    await answers.until(({ received }) => received.length === 1);
    const late = new End(client);
    server.send(utf8('later'));
    await late.until(({ received }) => received.length === 2);
    expect(late.texts).toEqual(['early', 'later']);
    client.close();
  });

  it('never calls a handler synchronously inside send, handle, resume or close', async () => {
    const { client, server } = await pair();
    let inside = false;
    const calls: string[] = [];
    const watch = (connection: Connection, name: string): void =>
      connection.handle({
        message: () => void calls.push(inside ? `${name} message inside` : `${name} message`),
        close: () => void calls.push(inside ? `${name} close inside` : `${name} close`),
      });
    const act = (fn: () => void): void => {
      inside = true;
      fn();
      inside = false;
    };
    act(() => watch(client, 'client'));
    act(() => watch(server, 'server'));
    act(() => client.send(utf8('x')));
    act(() => server.pause());
    act(() => server.resume());
    await expect.poll(() => calls).toContain('server message');
    act(() => client.close());
    await expect.poll(() => [...calls].sort()).toEqual(['client close', 'server close', 'server message']);
  });

  it('delivers no message while paused, and all of them after resume', async () => {
    const { client, server } = await pair();
    const [answers, end] = [new End(client), new End(server)];
    server.pause();
    for (let i = 0; i < 50; i++) client.send(utf8(String(i)));
    // An answer that comes back shows that the pause held while there was time to read.
    server.send(utf8('still here'));
    await answers.until(({ received }) => received.length === 1);
    expect(end.received).toHaveLength(0);
    server.resume();
    await end.until(({ received }) => received.length === 50);
    expect(end.texts).toEqual(Array.from({ length: 50 }, (_, i) => String(i)));
    client.close();
  });

  it('stops delivery in the middle of a burst when the handler pauses', async () => {
    const { client, server } = await pair();
    const seen: string[] = [];
    server.handle({
      message(bytes) {
        seen.push(new TextDecoder().decode(bytes));
        server.pause();
      },
      close: () => undefined,
    });
    const answers = new End(client);
    for (const text of ['a', 'b', 'c']) client.send(utf8(text));
    await expect.poll(() => seen).toEqual(['a']);
    server.send(utf8('x'));
    await answers.until(({ received }) => received.length === 1);
    expect(seen).toEqual(['a']);
    server.resume();
    await expect.poll(() => seen).toEqual(['a', 'b']);
    server.resume();
    await expect.poll(() => seen).toEqual(['a', 'b', 'c']);
    client.close();
  });

  it('reports buffered bytes while the peer is paused, and a drain when they are sent', async () => {
    const { client, server } = await pair();
    const [a, b] = [new End(client), new End(server)];
    server.pause();
    const part = new Uint8Array(1024 * 1024);
    for (let i = 0; i < 32; i++) client.send(part);
    expect(client.bufferedBytes).toBeGreaterThan(8 * part.length);
    expect(a.drains).toBe(0);
    server.resume();
    await a.until(({ drains }) => drains === 1);
    expect(client.bufferedBytes).toBeLessThanOrEqual(part.length);
    await b.until(({ received }) => received.length === 32);
    client.close();
  });

  it.each(['client', 'server'] as const)(
    'a close by the %s is reported once at both ends, after all sent messages',
    async (side) => {
      const both = await pair();
      const ends = { client: new End(both.client), server: new End(both.server) };
      const other = side === 'client' ? 'server' : 'client';
      both[side].send(utf8('last words'));
      both[side].close(3001, 'done');
      both[side].close(3002, 'again');
      both[side].send(utf8('too late'));
      await ends[side].until(({ closes }) => closes.length === 1);
      await ends[other].until(({ closes }) => closes.length === 1);
      expect(ends[other].texts).toEqual(['last words']);
      expect(ends[other].closes).toEqual([{ code: 3001, reason: 'done' }]);
      both[other].send(utf8('nobody'));
      both[other].close();
      expect(ends[side].closes).toHaveLength(1);
      expect(ends[side].received).toHaveLength(0);
      expect(both[side].bufferedBytes).toBe(0);
    },
  );

  it('delivers no message after close', async () => {
    const { client, server } = await pair();
    const end = new End(client);
    const other = new End(server);
    server.send(utf8('on its way'));
    client.close();
    await end.until(({ closes }) => closes.length === 1);
    await other.until(({ closes }) => closes.length === 1);
    expect(end.received).toHaveLength(0);
  });

  // Without an answer to its closing it would end too, but only after seconds.
  it('closes at once although it is paused with unread messages', { timeout: 3_000 }, async () => {
    const { client, server } = await pair();
    const [a, b] = [new End(client), new End(server)];
    client.pause();
    server.send(utf8('unread'));
    client.send(utf8('there and'));
    await b.until(({ received }) => received.length === 1);
    client.close();
    await a.until(({ closes }) => closes.length === 1);
    await b.until(({ closes }) => closes.length === 1);
    expect(a.received).toHaveLength(0);
  });

  it('delivers the messages kept while paused before it reports that the peer closed', async () => {
    const { client, server } = await pair();
    const order: string[] = [];
    const [answers, sent] = [new End(client), utf8('unread')];
    server.handle({ message: () => order.push('message'), close: () => order.push('close') });
    server.pause();
    client.send(sent);
    client.send(sent);
    server.send(utf8('time passes'));
    await answers.until(({ received }) => received.length === 1);
    client.close();
    expect(order).toEqual([]);
    server.resume();
    await expect.poll(() => order).toEqual(['message', 'message', 'close']);
  });

  it('does not report that the peer closed while undelivered messages remain', async () => {
    const { client, server } = await pair();
    const order: string[] = [];
    server.handle({
      message() {
        order.push('message');
        server.pause();
      },
      close: () => order.push('close'),
    });
    client.send(utf8('a'));
    client.send(utf8('b'));
    client.close();
    await expect.poll(() => order).toEqual(['message']);
    server.resume();
    await expect.poll(() => order.slice(0, 2)).toEqual(['message', 'message']);
    server.resume();
    await expect.poll(() => order).toEqual(['message', 'message', 'close']);
  });

  it('keeps many connections separate', async () => {
    const servers: End[] = [];
    fixture.accept((connection) => servers.push(new End(connection)));
    const clients = await Promise.all(Array.from({ length: 20 }, () => fixture.connect(fixture.url)));
    clients.forEach((client, i) => client.send(utf8(String(i))));
    await expect.poll(() => servers.filter((end) => end.received.length === 1)).toHaveLength(20);
    expect(new Set(servers.flatMap((end) => end.texts)).size).toBe(20);
    expect(servers.every((end) => end.connection.peer !== '')).toBe(true);
    for (const client of clients) client.close();
    await expect.poll(() => servers.filter((end) => end.closes.length === 1)).toHaveLength(20);
  });

  it('rejects a connection to an unused address with advice', async () => {
    const error = await fixture.connect(fixture.nowhere).then(
      () => expect.unreachable(),
      (e: unknown) => e as Error,
    );
    expect(error).toMatchObject({ code: 'CONNECT_FAILED', info: { url: fixture.nowhere } });
    expect(error.message).toContain('npx manyhands scheduler');
  });

  it('rejects a connection attempt that is aborted', async () => {
    fixture.accept(() => undefined);
    const signal = AbortSignal.abort();
    await expect(fixture.connect(fixture.url, { signal })).rejects.toMatchObject({ code: 'CONNECT_FAILED' });
    const later = new AbortController();
    const connecting = fixture.connect(fixture.url, { signal: later.signal });
    later.abort();
    await connecting.then(
      (connection) => connection.close(),
      (error: unknown) => expect(error).toMatchObject({ code: 'CONNECT_FAILED' }),
    );
  });
});
