/**
 * A network that fails as it is told to, the same way each time.
 * @module
 */
import { describe, expect, it } from 'vitest';
import type { Connection } from '../transport/transport.js';
import { FaultyNetwork } from './faulty-network.js';
import type { Faults } from './faulty-network.js';
import { SeededRandom } from './seeded-random.js';
import { VirtualClock } from './virtual-clock.js';

const HERE = 'memory://here';

/** Two clients send numbers to an echo for a while; gives all that happened, with its time. */
async function story(
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
  const talk = async (name: string): Promise<void> => {
    const connection = await network.connectAs(name)(HERE);
    connection.handle({
      message: (bytes) => note(`${name} ${String(bytes[0])}`),
      close: ({ code }) => note(`${name} ${code}`),
    });
    for (let i = 0; i < 20; i++) connection.send(Uint8Array.of(i));
  };
  const failed = (error: unknown): void => note((error as { code: string }).code);
  void talk('a').catch(failed);
  void talk('b').catch(failed);
  await clock.run();
  return { log, network };
}

describe('a faulty network', () => {
  it('without faults carries all at once, in order', async () => {
    const { log, network } = await story(1, {});
    for (const name of ['a', 'b']) {
      const own = log.filter((line) => line.includes(` ${name} `));
      expect(own).toEqual(Array.from({ length: 20 }, (_, i) => `0.000 ${name} ${i}`));
    }
    expect(network.open).toBe(2);
  });

  it('replays from its seed', async () => {
    const faults = { latencyMs: [1, 50], cutChance: 0.02, refuseChance: 0.2 } as const;
    const logs = await Promise.all([1, 1, 2].map(async (seed) => (await story(seed, faults)).log));
    expect(logs[0]).toEqual(logs[1]);
    expect(logs[0]).not.toEqual(logs[2]);
  });

  it('keeps the order of one direction, however long each takes', async () => {
    const { log } = await story(5, { latencyMs: [0, 100] });
    const own = log.filter((line) => line.includes(' a '));
    expect(own.map((line) => Number(line.split(' ')[2]))).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(new Set(own.map((line) => line.split(' ')[0])).size).toBeGreaterThan(3);
  });

  it.each([
    ['lost', [0, 1]],
    ['arrived', [0, 1, 2]],
  ] as const)('breaks on a message that is %s, and tells both ends once', async (fate, expected) => {
    const clock = new VirtualClock();
    // Before the messages, each side's `handle` counts as one.
    const cutAt: Faults['cutAt'] = (n) => (n === 2 + 2 ? fate : undefined);
    const network = new FaultyNetwork({ clock, random: new SeededRandom(1), faults: { cutAt } });
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
    expect(network.counts.cut).toBe(1);
  });

  it('refuses all when it is told to', async () => {
    const { log, network } = await story(1, { refuseChance: 1 });
    expect(log.map((line) => line.split(' ')[1])).toEqual(['CONNECT_FAILED', 'CONNECT_FAILED']);
    expect(network.counts).toMatchObject({ connected: 0, refused: 2 });
  });

  it('holds back a client that is cut off, and nobody else, until it heals', async () => {
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

  it('cuts whom it is told to', async () => {
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
    expect(network.open).toBe(1);
    network.cut();
    await clock.run();
    expect(ended).toEqual(['a', 'a', 'b']);
  });
});
