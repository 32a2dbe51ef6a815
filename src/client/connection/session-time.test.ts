/**
 * A session and time: requests, silence, and the waits between connections.
 * @module
 */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../lib/clock.js';
import { HANDSHAKE_MS_MAX, IDLE_MS_MAX } from '../../lib/socket-limits.js';
import {
  codeOf,
  openSession,
  echoReply,
  createSessionFixture,
  requestEcho,
} from '../../testing/scheduler/session-fixture.js';
import type { MessageFields, SessionFixture } from '../../testing/scheduler/session-fixture.js';
import { BACK_OFF_MS_MAX, BACK_OFF_MS_MIN } from '../retry/back-off.js';
import { ClientSession } from './session.js';

let s: SessionFixture;

beforeEach(() => {
  s = createSessionFixture();
});

describe('time', () => {
  it('runs out for a request, and a late answer is ignored', async () => {
    await openSession(s);
    let late: MessageFields | undefined;
    s.scheduler.answer = (message) => (message.type === 'work' ? void (late = message) : echoReply(message));
    const first = codeOf(requestEcho(s, 1));
    await s.clock.advance(40_000);
    const second = codeOf(requestEcho(s, 2));
    await s.clock.advance(19_000);
    expect(s.session.state).toBe('open');
    await s.clock.advance(1_001);
    expect(await first).toBe('TIMEOUT');
    s.scheduler.send(echoReply({ ...late!, id: late!.id! - 1 }));
    s.scheduler.send(echoReply(late!));
    await s.clock.advance(10);
    expect(await second).toBeUndefined();
  });

  it('does not run while there is no connection', async () => {
    await openSession(s);
    s.scheduler.answer = () => undefined;
    const asked = requestEcho(s, 1);
    await s.clock.advance(50_000);
    s.network.faults.refuseChance = 1;
    s.network.cut();
    await s.clock.advance(300_000);
    expect(s.session.state).toBe('waiting');
    s.network.faults.refuseChance = 0;
    s.scheduler.answer = echoReply;
    expect(await s.clock.runUntil(asked)).toEqual({ echo: 1 });
  });

  it('runs out for a welcome', async () => {
    s.scheduler.greeting = undefined;
    const code = codeOf(s.session.open());
    await s.clock.advance(HANDSHAKE_MS_MAX - 1);
    expect(s.session.state).toBe('connecting');
    await s.clock.advance(1);
    expect(await code).toBe('TIMEOUT');
    expect(s.session.state).toBe('closed');
  });

  it('runs out for dialling', async () => {
    s.network.partition('client', 10 * HANDSHAKE_MS_MAX);
    expect(await s.clock.runUntil(codeOf(s.session.open()), { maxMs: HANDSHAKE_MS_MAX })).toBe('TIMEOUT');
  });

  it('of silence ends a connection, which is opened again', async () => {
    await openSession(s);
    s.network.partition('client', 2 * IDLE_MS_MAX);
    await s.clock.advance(IDLE_MS_MAX + 10);
    expect(s.states.at(-1)).toEqual(['waiting', 'CONNECTION_LOST']);
    await s.clock.advance(2 * IDLE_MS_MAX);
    expect(s.session.state).toBe('open');
    expect(s.scheduler.connections).toHaveLength(2);
  });

  it('passes with pings, and a connection that answers them lives', async () => {
    await openSession(s);
    await s.clock.advance(20 * IDLE_MS_MAX);
    expect(s.scheduler.connections).toHaveLength(1);
    expect(s.session.state).toBe('open');
    expect(s.scheduler.connections[0]!.received.filter(({ type }) => type === 'ping')).toHaveLength(60);
  });

  it('does not end a connection where timers come late, as in hidden tabs', async () => {
    const { clock } = s;
    const late: Clock = {
      wallMs: () => clock.wallMs(),
      monotonicMs: () => clock.monotonicMs(),
      after: (ms, fn, options) => clock.after(Math.ceil(ms / 60_000) * 60_000, fn, options),
    };
    s.session = new ClientSession({ ...s.options, clock: late });
    await openSession(s);
    await clock.advance(20 * 60_000);
    expect(s.session.state).toBe('open');
    expect(s.scheduler.connections).toHaveLength(1);
  });

  it('between tries grows to its limit, and starts anew after a good connection', async () => {
    await openSession(s);
    await s.clock.advance(5_000);
    s.network.faults = { ...s.network.faults, refuseChance: 1, latencyMs: [0, 0] };
    const at: number[] = [];
    const dial = s.network.disconnected;
    s.network.cut();
    for (let refused = 0; at.length < 12;) {
      await s.clock.runUntil(() => dial.refused > refused);
      refused = dial.refused;
      at.push(s.clock.monotonicMs());
    }
    const waits = at.slice(1).map((ms, i) => ms - at[i]!);
    for (const [i, wait] of waits.entries()) {
      const most = Math.min(BACK_OFF_MS_MAX, BACK_OFF_MS_MIN * 2 ** (i + 1));
      expect(wait).toBeLessThanOrEqual(most);
      expect(wait).toBeGreaterThanOrEqual(most / 2);
    }
    s.network.faults.refuseChance = 0;
    await s.clock.runUntil(() => s.session.state === 'open');
    await s.clock.advance(5_000);
    const before = s.clock.monotonicMs();
    s.network.cut();
    await s.clock.runUntil(() => s.session.state === 'open');
    expect(s.clock.monotonicMs() - before).toBeLessThanOrEqual(BACK_OFF_MS_MIN);
  });
});
