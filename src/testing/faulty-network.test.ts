/**
 * The faulty network injects the configured faults, reproducibly.
 * @module
 */
import { describe, expect, it } from 'vitest';
import type { Connection } from '../transport/transport.js';
import { FaultyNetwork } from './faulty-network.js';
import type { Faults } from './faulty-network.js';
import { SeededRandom } from './seeded-random.js';
import { VirtualClock } from './virtual-clock.js';

const HERE = 'memory://here';

/** Two clients send numbers to an echo server; returns a log of all events with their times. */
async function runEcho(
  seed: number,
  faults: Partial<Faults>,
): Promise<{ log: string[]; network: FaultyNetwork }> {
  const clock = new VirtualClock();
  const network = new FaultyNetwork({ clock, random: new SeededRandom(seed), faults });
  const log: string[] = [];
  const note = (text: string): void => void log.push(`${clock.monotonicMs().toFixed(3)} ${text}`);
  network.listen(HERE, (connection) => {
    connection.handle({
      message: (bytes) => connection.send(bytes),
      close: ({ code }) => note(`server ${code}`),
    });
  });
  const sendNumbers = async (name: string): Promise<void> => {
    const connection = await network.connectAs(name)(HERE);
    connection.handle({
      message: (bytes) => note(`${name} ${String(bytes[0])}`),
      close: ({ code }) => note(`${name} ${code}`),
    });
    for (let i = 0; i < 20; i++) connection.send(Uint8Array.of(i));
  };
  const failed = (error: unknown): void => note((error as { code: string }).code);
  void sendNumbers('a').catch(failed);
  void sendNumbers('b').catch(failed);
  await clock.run();
  return { log, network };
}

describe('a faulty network', () => {
  it('delivers all messages at once and in order when no fault is configured', async () => {
    const { log, network } = await runEcho(1, {});
    for (const name of ['a', 'b']) {
      const own = log.filter((line) => line.includes(` ${name} `));
      expect(own).toEqual(Array.from({ length: 20 }, (_, i) => `0.000 ${name} ${i}`));
    }
    expect(network.openConnections).toBe(2);
  });

  it('behaves the same for the same seed, and differently for another seed', async () => {
    const faults = { latencyMs: [1, 50], cutChance: 0.02, refuseChance: 0.2 } as const;
    const logs = await Promise.all([1, 1, 2].map(async (seed) => (await runEcho(seed, faults)).log));
    expect(logs[0]).toEqual(logs[1]);
    expect(logs[0]).not.toEqual(logs[2]);
  });

  it('keeps the order of messages in one direction whatever their latency', async () => {
    const { log } = await runEcho(5, { latencyMs: [0, 100] });
    const own = log.filter((line) => line.includes(' a '));
    expect(own.map((line) => Number(line.split(' ')[2]))).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(new Set(own.map((line) => line.split(' ')[0])).size).toBeGreaterThan(3);
  });

  it.each([
    ['lost', [0, 1]],
    ['arrived', [0, 1, 2]],
  ] as const)(
    'breaks the connection on a message that is %s, and closes both ends once',
    async (fate, expected) => {
      const clock = new VirtualClock();
      // Before the messages, each side's `handle` counts as one.
      const cutAt: Faults['disconnectAt'] = (n) => (n === 2 + 2 ? fate : undefined);
      const network = new FaultyNetwork({
        clock,
        random: new SeededRandom(1),
        faults: { disconnectAt: cutAt },
      });
      const received: number[] = [];
      const closes: number[] = [];
      const close = ({ code }: { code: number }): void => void closes.push(code);
      network.listen(HERE, (server) =>
        server.handle({ message: (bytes) => void received.push(bytes[0]!), close }),
      );
      const client = await clock.runUntil(network.connect(HERE));
      client.handle({ message: () => undefined, close });
      for (let i = 0; i < 5; i++) client.send(Uint8Array.of(i));
      await clock.run();
      expect(received).toEqual(expected);
      expect(closes).toEqual([1006, 1006]);
      expect(network.disconnected.disconnect).toBe(1);
    },
  );

  it('refuses every connection attempt when refuseChance is 1', async () => {
    const { log, network } = await runEcho(1, { refuseChance: 1 });
    expect(log.map((line) => line.split(' ')[1])).toEqual(['CONNECT_FAILED', 'CONNECT_FAILED']);
    expect(network.disconnected).toMatchObject({ connected: 0, refused: 2 });
  });

  it('delays the messages of a partitioned client, and of no other, until the partition ends', async () => {
    const clock = new VirtualClock();
    const network = new FaultyNetwork({ clock, random: new SeededRandom(1), faults: { latencyMs: [1, 1] } });
    const received: string[] = [];
    const servers: Connection[] = [];
    network.listen(HERE, (connection) => {
      servers.push(connection);
      connection.handle({ message: (bytes) => void received.push(String(bytes[0])), close: () => undefined });
    });
    const a = await clock.runUntil(network.connectAs('a')(HERE));
    const b = await clock.runUntil(network.connectAs('b')(HERE));
    network.partition('a', 1_000);
    for (let i = 0; i < 3; i++) a.send(Uint8Array.of(i));
    b.send(Uint8Array.of(9));
    const dialling = network.connectAs('a')(HERE);
    await clock.advance(999);
    expect(received).toEqual(['9']);
    expect(servers).toHaveLength(2);
    await clock.advance(2);
    expect(received).toEqual(['9', '0', '1', '2']);
    await clock.runUntil(dialling);
    network.partition('a', 1_000_000);
    a.send(Uint8Array.of(4));
    await clock.advance(10);
    network.heal('a');
    await clock.advance(1);
    expect(received.at(-1)).toBe('4');
  });

  it('disconnects the named client, or all clients', async () => {
    const clock = new VirtualClock();
    const network = new FaultyNetwork({ clock, random: new SeededRandom(1) });
    network.listen(HERE, (connection) =>
      connection.handle({ message: () => undefined, close: () => undefined }),
    );
    const ended: string[] = [];
    for (const name of ['a', 'b', 'a']) {
      const connection = await clock.runUntil(network.connectAs(name)(HERE));
      connection.handle({ message: () => undefined, close: () => void ended.push(name) });
    }
    network.cut('a');
    await clock.run();
    expect(ended).toEqual(['a', 'a']);
    expect(network.openConnections).toBe(1);
    network.cut();
    await clock.run();
    expect(ended).toEqual(['a', 'a', 'b']);
  });
});
