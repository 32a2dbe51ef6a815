/**
 * How a session ends, by itself and by its owner: all that is asked rejects, and nothing is left behind.
 * @module
 */
import { beforeEach, describe, expect, it } from 'vitest';
import {
  codeOf,
  openSession,
  echoReply,
  createSessionFixture,
  requestEcho,
} from '../../testing/scheduler/session-fixture.js';
import type { SessionFixture } from '../../testing/scheduler/session-fixture.js';
import { ClientSession } from './session.js';
import type { Connect } from '../../transport/transport.js';

let s: SessionFixture;

beforeEach(() => {
  s = createSessionFixture();
});

describe('the end', () => {
  it('of the first connection ends the session, with advice', async () => {
    s.network.faults.refuseChance = 1;
    const waiting = codeOf(requestEcho(s, 1));
    expect(await s.clock.runUntil(codeOf(s.session.open()))).toBe('CONNECT_FAILED');
    expect(await waiting).toBe('CONNECT_FAILED');
    expect(s.session.state).toBe('closed');
    expect(await codeOf(requestEcho(s, 2))).toBe('CONNECT_FAILED');
    expect(await codeOf(s.session.drained())).toBe('CONNECT_FAILED');
    expect(await codeOf(s.session.open())).toBe('CONNECT_FAILED');
  });

  it.each([
    [
      'instead of a welcome',
      { type: 'goodbye', error: { code: 'PROTOCOL_VERSION', message: 'old' } },
      'PROTOCOL_VERSION',
    ],
    ['that is no welcome', { type: 'news' }, 'MESSAGE_MALFORMED'],
    ['that is malformed', { type: 'malformed' }, 'MESSAGE_MALFORMED'],
  ])('comes by a first message %s', async (_, greeting, code) => {
    s.scheduler.greeting = greeting;
    expect(await s.clock.runUntil(codeOf(s.session.open()))).toBe(code);
    await s.clock.run();
    expect(s.states).toEqual([
      ['connecting', undefined],
      ['closed', code],
    ]);
    expect(s.scheduler.connections[0]!.open).toBe(false);
  });

  it.each([
    ['goodbye', { type: 'goodbye', error: { code: 'FORBIDDEN', message: 'go' } }, 'FORBIDDEN'],
    ['malformed message', { type: 'malformed' }, 'MESSAGE_MALFORMED'],
  ])('comes by a %s, for all that is asked', async (_, message, code) => {
    await openSession(s);
    s.scheduler.answer = () => undefined;
    const asked = codeOf(requestEcho(s, 1));
    await s.clock.run();
    s.scheduler.send(message);
    expect(await s.clock.runUntil(asked)).toBe(code);
    expect(s.states.at(-1)).toEqual(['closed', code]);
    await s.clock.advance(60_000);
    expect(s.scheduler.connections).toHaveLength(1);
  });

  it('does not come by the goodbye of a scheduler that restarts', async () => {
    await openSession(s);
    const error = { code: 'SHUTTING_DOWN', message: 'restart' };
    s.scheduler.answer = ({ id }) => ({ type: 'refusal', replyTo: id!, error });
    const asked = requestEcho(s, 1);
    await s.clock.run();
    s.scheduler.send({ type: 'goodbye', error });
    s.scheduler.answer = echoReply;
    expect(await s.clock.runUntil(asked)).toEqual({ echo: 1 });
    expect(s.scheduler.connections).toHaveLength(2);
    expect(s.states.map(([, code]) => code)).toContain('SHUTTING_DOWN');
  });

  it('comes by a greeting that is refused, also on a later connection', async () => {
    await openSession(s);
    const asked = codeOf(requestEcho(s, 1));
    const error = { code: 'UNAUTHENTICATED', message: 'who are you' };
    s.scheduler.answer = ({ id }) => ({ type: 'refusal', replyTo: id!, error });
    s.network.cut();
    expect(await s.clock.runUntil(asked)).toBe('UNAUTHENTICATED');
    expect(s.states.at(-1)).toEqual(['closed', 'UNAUTHENTICATED']);
  });

  it('comes by a greeting that fails in itself, as a coded error', async () => {
    s = createSessionFixture({ greet: () => Promise.reject(new TypeError('a slip')) });
    const error = await s.clock.runUntil(s.session.open().catch((e: unknown) => e as Error));
    expect(error).toMatchObject({ code: 'INTERNAL', cause: { message: 'a slip' } });
  });

  it('comes with the connection where it is not to be opened again', async () => {
    s = createSessionFixture({ reconnect: false });
    await openSession(s);
    s.scheduler.answer = () => undefined;
    const asked = codeOf(requestEcho(s, 1));
    await s.clock.run();
    s.network.cut();
    expect(await s.clock.runUntil(asked)).toBe('CONNECTION_LOST');
    expect(s.states.at(-1)).toEqual(['closed', 'CONNECTION_LOST']);
  });
});

describe('closing', () => {
  it('closes a connection that comes too late', async () => {
    // One that does not heed its signal.
    const connect: Connect = (url) => s.network.connect(url);
    const session = new ClientSession({ ...s.options, connect });
    const opening = codeOf(session.open());
    void session.close();
    expect(await opening).toBe('CLOSED');
    await s.clock.run();
    expect(s.scheduler.connections.map(({ open, received }) => [open, received])).toEqual([[false, []]]);
  });

  const moments: [string, (setting: SessionFixture) => Promise<void>][] = [
    ['before it was opened', () => Promise.resolve()],
    ['while dialling', ({ session }) => (session.open().catch(() => undefined), Promise.resolve())],
    [
      'before the welcome',
      async ({ session, scheduler, clock }) => {
        scheduler.greeting = undefined;
        session.open().catch(() => undefined);
        await clock.advance(100);
      },
    ],
    [
      'while it greets',
      async ({ session, scheduler, clock }) => {
        scheduler.answer = () => undefined;
        session.open().catch(() => undefined);
        await clock.advance(100);
      },
    ],
    [
      'while it is open',
      async (setting) => {
        await openSession(setting);
        setting.scheduler.answer = () => undefined;
      },
    ],
    [
      'between two connections',
      async (setting) => {
        await openSession(setting);
        setting.network.faults.refuseChance = 1;
        setting.network.cut();
        await setting.clock.runUntil(() => setting.session.state === 'waiting');
      },
    ],
  ];

  it.each(moments)('%s rejects all that is asked, and leaves nothing behind', async (_, reach) => {
    await reach(s);
    const asked = [codeOf(requestEcho(s, 1)), codeOf(requestEcho(s, 2))];
    const opening = codeOf(s.session.open());
    await s.clock.runUntil(s.session.close());
    expect(await Promise.all(asked)).toEqual(['CLOSED', 'CLOSED']);
    expect(['CLOSED', undefined]).toContain(await opening);
    expect(await codeOf(requestEcho(s, 3))).toBe('CLOSED');
    expect(s.states.at(-1)).toEqual(['closed', 'CLOSED']);
    const before = s.network.disconnected.connected;
    await s.clock.advance(600_000);
    expect(s.network.disconnected.connected).toBe(before);
    expect(s.scheduler.connections.every(({ open }) => !open)).toBe(true);
    await s.session.close();
  });

  it('lets what was sent arrive', async () => {
    await openSession(s);
    s.session.notify({ type: 'last words' });
    await s.clock.runUntil(s.session.close());
    await s.clock.run();
    expect(s.scheduler.connections[0]!.received.at(-1)).toEqual({ type: 'last words' });
  });
});
