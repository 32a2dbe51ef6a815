/**
 * A session whose connections break, on any message: nothing asked is lost or hangs, or comes out of order.
 * @module
 */
import { describe, expect, it } from 'vitest';
import type { Faults } from '../../testing/faulty-network.js';
import { codeOf, createSessionFixture, requestEcho } from '../../testing/scheduler/session-fixture.js';
import type { SessionFixture } from '../../testing/scheduler/session-fixture.js';

describe('a connection that breaks', () => {
  /** Opens, asks a dozen things in three goes, one of them late; gives the answers. */
  async function run(setting: SessionFixture): Promise<void> {
    const first = Array.from({ length: 5 }, (_, n) => requestEcho(setting, n));
    const firstCodes = Promise.all(first.map(codeOf));
    const opening = codeOf(setting.session.open());
    const code = await setting.clock.runUntil(opening);
    if (code !== undefined) {
      // Only the first connection is not tried again.
      expect(['CONNECTION_LOST', 'CONNECT_FAILED']).toContain(code);
      expect(await firstCodes).toEqual(first.map(() => code));
      return;
    }
    const second = Array.from({ length: 5 }, (_, n) => requestEcho(setting, n + 5));
    expect(await setting.clock.runUntil(Promise.all(first))).toEqual(first.map((_, n) => ({ echo: n })));
    const third = [requestEcho(setting, 10), requestEcho(setting, 11)];
    const rest = await setting.clock.runUntil(Promise.all([...second, ...third]));
    expect(rest).toEqual(Array.from({ length: 7 }, (_, n) => ({ echo: n + 5 })));
    expect(setting.scheduler.echoedNumbers).toEqual(Array.from({ length: 12 }, (_, n) => n));
    for (const { received } of setting.scheduler.connections) {
      const types = received.map(({ type }) => type);
      expect(['', 'hello', 'hello,greet']).toContain(types.slice(0, 2).join());
      const asked = received.filter(({ type }) => type === 'work').map(({ n }) => n as number);
      expect(asked).toEqual([...asked].sort((a, b) => a - b));
    }
    await setting.clock.runUntil(setting.session.close());
    await setting.clock.run();
    expect(setting.scheduler.connections.every(({ open }) => !open)).toBe(true);
  }

  it.each(['lost', 'arrived'] as const)('on any one message, %s', async (fate) => {
    let messages = 0;
    await run(createSessionFixture({}, { disconnectAt: (message) => void (messages = message) }));
    expect(messages).toBeGreaterThan(25);
    for (let at = 0; at <= messages; at++) {
      await run(
        createSessionFixture({}, { disconnectAt: (message) => (message === at ? fate : undefined) }, at),
      );
    }
  });

  it('on any two messages', async () => {
    for (let first = 4; first < 34; first += 3) {
      for (let second = first + 1; second < first + 30; second += 2) {
        const cutAt: Faults['disconnectAt'] = (message) =>
          message === first ? 'arrived' : message === second ? 'lost' : undefined;
        await run(createSessionFixture({}, { disconnectAt: cutAt }, first));
      }
    }
  });

  it('again and again, on a network that also refuses and delays', async () => {
    const seeds = process.env.DEEP === '1' ? 5_000 : 60;
    for (let seed = 1; seed <= seeds; seed++) {
      const faults = { cutChance: 0.08, refuseChance: 0.3, latencyMs: [0, 400] } as const;
      await run(createSessionFixture({}, faults, seed)).catch((error: unknown) => {
        throw new Error(`seed ${seed}`, { cause: error });
      });
    }
  });
});
