/**
 * A session at its work: greeting, asking, waiting, giving up.
 * @module
 */
import { getEventListeners } from 'node:events';
import { beforeEach, describe, expect, it } from 'vitest';
import { REQUESTS_IN_FLIGHT_MAX } from '../../lib/socket-limits.js';
import { EVICTED_WAIT_MS } from './session.js';
import {
  codeOf,
  openSession,
  echoReply,
  createSessionFixture,
  requestEcho,
} from '../../testing/scheduler/session-fixture.js';
import type { MessageFields, SessionFixture } from '../../testing/scheduler/session-fixture.js';

let s: SessionFixture;

beforeEach(() => {
  s = createSessionFixture();
});

describe('a session', () => {
  it('says hello, greets, asks, hears and closes', async () => {
    expect(s.session.state).toBe('idle');
    const early = requestEcho(s, 0);
    await openSession(s);
    expect(await s.clock.runUntil(requestEcho(s, 1))).toEqual({ echo: 1 });
    expect(await early).toEqual({ echo: 0 });
    expect(s.scheduler.connections[0]!.received.map(({ type }) => type)).toEqual([
      'hello',
      'greet',
      'work',
      'work',
    ]);
    s.scheduler.send({ type: 'news', n: 5 });
    s.session.notify({ type: 'by-the-way' });
    await s.clock.run();
    expect(s.notices).toEqual([{ type: 'news', n: 5 }]);
    expect(s.scheduler.connections[0]!.received.at(-1)).toEqual({ type: 'by-the-way' });
    await s.clock.runUntil(s.session.close());
    expect(s.scheduler.connections[0]!.open).toBe(false);
    expect(s.states.map(([state]) => state)).toEqual(['connecting', 'open', 'closed']);
    expect(s.network.openConnections).toBe(0);
  });

  it('gives the same promise to whoever opens it again', () => {
    const first = s.session.open();
    expect(s.session.open()).toBe(first);
    void s.session.close();
    return expect(first).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('rejects with what the scheduler refuses with, and goes on', async () => {
    await openSession(s);
    const error = { code: 'JOB_UNKNOWN', message: 'no such job', info: { jobId: 'x' } };
    s.scheduler.answer = ({ id }) => ({ type: 'refusal', replyTo: id!, error });
    const promise = requestEcho(s, 1);
    promise.catch(() => undefined);
    await s.clock.run();
    await expect(promise).rejects.toMatchObject(error);
    expect(s.session.state).toBe('open');
  });

  it('ignores answers to nothing and types that it does not know', async () => {
    await openSession(s);
    s.scheduler.send({ type: 'reply', replyTo: 4_711, body: 1 });
    s.scheduler.send({ type: 'unknown' });
    expect(await s.clock.runUntil(requestEcho(s, 1))).toEqual({ echo: 1 });
  });

  it('rejects a request whose reply is malformed, and goes on', async () => {
    await openSession(s);
    s.scheduler.answer = ({ id }) => ({ type: 'reply', replyTo: id!, body: { bad: true } });
    expect(await s.clock.runUntil(codeOf(requestEcho(s, 1)))).toBe('MESSAGE_MALFORMED');
    expect(s.session.state).toBe('open');
  });

  it('rejects a request that the codec cannot encode, and goes on', async () => {
    await openSession(s);
    expect(await codeOf(s.session.request('work', { n: 1n }))).toContain('BigInt');
    expect(await s.clock.runUntil(requestEcho(s, 2))).toEqual({ echo: 2 });
  });

  it('keeps so many in flight and no more, in order', async () => {
    await openSession(s);
    const held: MessageFields[] = [];
    s.scheduler.answer = (message) => void held.push(message);
    const all = Array.from({ length: REQUESTS_IN_FLIGHT_MAX + 10 }, (_, n) => requestEcho(s, n));
    await s.clock.run();
    expect(held).toHaveLength(REQUESTS_IN_FLIGHT_MAX);
    for (const message of held.splice(0, 3)) s.scheduler.send(echoReply(message));
    await s.clock.run();
    expect(held.map(({ n }) => n)).toEqual(Array.from({ length: REQUESTS_IN_FLIGHT_MAX }, (_, i) => i + 3));
    for (const message of held) s.scheduler.send(echoReply(message));
    s.scheduler.answer = echoReply;
    expect(await s.clock.runUntil(Promise.all(all))).toEqual(all.map((_, echo) => ({ echo })));
  });
});

it('of one that the operator sent away comes again after a minute', async () => {
  await openSession(s);
  s.scheduler.send({ type: 'goodbye', error: { code: 'EVICTED', message: 'enough', info: {} } });
  await s.clock.advance(EVICTED_WAIT_MS - 1);
  expect(s.session.state).toBe('waiting');
  await s.clock.advance(1_000);
  expect(s.session.state).toBe('open');
});

describe('a greeting', () => {
  it('comes before anything else, and notices before it are dropped', async () => {
    s.scheduler.answer = ({ type, id }) =>
      type === 'greet' ? undefined : { type: 'reply', replyTo: id!, body: {} };
    const opening = s.session.open();
    const asked = requestEcho(s, 1);
    await s.clock.run();
    s.session.notify({ type: 'too soon' });
    await s.clock.run();
    const { received } = s.scheduler.connections[0]!;
    expect(received.map(({ type }) => type)).toEqual(['hello', 'greet']);
    s.scheduler.send({ type: 'reply', replyTo: received[1]!.id!, body: {} });
    await s.clock.runUntil(Promise.all([opening, asked]));
    expect(received.map(({ type }) => type)).toEqual(['hello', 'greet', 'work']);
  });

  it('hears that its connection was lost, for what it asked and what it asks after', async () => {
    const heard: (string | undefined)[] = [];
    s = createSessionFixture({
      async greet(_, call) {
        heard.push(await codeOf(call('greet', {})));
        heard.push(await codeOf(call('greet', {})));
      },
    });
    await openSession(s);
    s.scheduler.answer = () => undefined;
    s.network.cut();
    await s.clock.runUntil(() => s.scheduler.connections.length === 2);
    await s.clock.advance(20);
    s.network.cut();
    await s.clock.advance(1);
    expect(heard).toEqual([undefined, undefined, 'CONNECTION_LOST', 'CONNECTION_LOST']);
  });
});

describe('giving up', () => {
  it('a request: before, while it waits, and in flight', async () => {
    const before = codeOf(s.session.request('work', { n: 0 }, { signal: AbortSignal.abort() }));
    const giveUp = new AbortController();
    const waits = codeOf(s.session.request('work', { n: 1 }, { signal: giveUp.signal }));
    giveUp.abort(new Error('enough'));
    expect(await Promise.all([before, waits])).toEqual(['ABORTED', 'ABORTED']);
    await openSession(s);
    s.scheduler.answer = () => undefined;
    const giveUpLater = new AbortController();
    const flies = codeOf(s.session.request('work', { n: 2 }, { signal: giveUpLater.signal }));
    await s.clock.run();
    giveUpLater.abort();
    expect(await flies).toBe('ABORTED');
    s.network.cut();
    await s.clock.runUntil(() => s.session.state === 'connecting');
    s.scheduler.answer = echoReply;
    await s.clock.runUntil(requestEcho(s, 3));
    expect(s.scheduler.connections[1]!.received.map(({ n }) => n)).toEqual([undefined, undefined, 3]);
  });

  it('opening', async () => {
    const giveUp = new AbortController();
    const opening = codeOf(s.session.open(giveUp.signal));
    await s.clock.advance(1);
    giveUp.abort();
    expect(await opening).toBe('ABORTED');
    expect(s.session.state).toBe('closed');
    expect(await codeOf(createSessionFixture().session.open(AbortSignal.abort()))).toBe('ABORTED');
  });

  it('no longer ends a session that is open, and listens no longer to what is done', async () => {
    const giveUp = new AbortController();
    await s.clock.runUntil(s.session.open(giveUp.signal));
    await s.clock.runUntil(s.session.request('work', { n: 1 }, { signal: giveUp.signal }));
    await s.clock.run();
    expect(getEventListeners(giveUp.signal, 'abort')).toEqual([]);
    giveUp.abort();
    expect(s.session.state).toBe('open');
  });
});

describe('a full socket', () => {
  it('is waited for, and a lost or closed one is not', async () => {
    await openSession(s);
    const part = 'x'.repeat(1024 * 1024);
    const fill = (): void => {
      for (let i = 0; i < 4; i++) s.session.notify({ type: part });
    };
    s.scheduler.connections[0]!.connection.pause();
    fill();
    expect(s.session.bufferedBytes).toBeGreaterThan(4 * part.length);
    const [full, lost] = [s.session.drained(), s.session.drained()];
    s.scheduler.connections[0]!.connection.resume();
    await s.clock.runUntil(full);
    await lost;
    await s.session.drained();
    fill();
    const broken = s.session.drained();
    s.network.cut();
    await s.clock.runUntil(broken);
    await s.clock.runUntil(() => s.session.state === 'open');
    fill();
    const closed = codeOf(s.session.drained());
    void s.session.close();
    expect(await closed).toBe('CLOSED');
  });
});
