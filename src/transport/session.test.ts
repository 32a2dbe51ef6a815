/**
 * A session over a network that fails: nothing asked is lost or hangs, whatever breaks and whenever.
 * @module
 */
import { getEventListeners } from 'node:events';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../lib/clock.js';
import { isError, ManyhandsError } from '../lib/errors.js';
import { HANDSHAKE_MS_MAX, IDLE_MS_MAX, REQUESTS_IN_FLIGHT_MAX } from '../lib/socket-limits.js';
import { FaultyNetwork } from '../testing/faulty-network.js';
import type { Faults } from '../testing/faulty-network.js';
import { SeededRandom } from '../testing/seeded-random.js';
import { VirtualClock } from '../testing/virtual-clock.js';
import { BACK_OFF_MS_MAX, BACK_OFF_MS_MIN } from './back-off.js';
import { ClientSession } from './session.js';
import type { SessionMessage, SessionOptions, SessionState } from './session.js';
import type { Connect, Connection } from './transport.js';

const URL_HERE = 'memory://scheduler';

type Fields = SessionMessage & Record<string, unknown>;

/** JSON will do: the session does not look inside. */
const codec = {
  encode: (message: SessionMessage): Uint8Array => new TextEncoder().encode(JSON.stringify(message)),
  decode(bytes: Uint8Array): SessionMessage {
    const message = JSON.parse(new TextDecoder().decode(bytes)) as Fields;
    if (message.type === 'malformed') throw new ManyhandsError('MESSAGE_MALFORMED', 'malformed');
    if (message.type === 'unknown') throw new ManyhandsError('MESSAGE_UNKNOWN', 'unknown');
    return message;
  },
  reply(type: string, body: unknown): unknown {
    if ((body as { bad?: boolean }).bad)
      throw new ManyhandsError('MESSAGE_MALFORMED', `bad reply to ${type}`);
    return body;
  },
};

const REPLY = (message: Fields): Fields => ({
  type: 'reply',
  replyTo: message.id!,
  body: { echo: message.n },
});

/** The other side: welcomes, records, and answers what `answer` makes. */
class FakeScheduler {
  /** All that came, connection by connection. */
  readonly connections: { connection: Connection; received: Fields[]; open: boolean }[] = [];
  greeting: Fields | undefined = { type: 'welcome' };
  answer: (message: Fields) => Fields | undefined = REPLY;

  readonly accept = (connection: Connection): void => {
    const entry = { connection, received: [] as Fields[], open: true };
    this.connections.push(entry);
    connection.handle({
      message: (bytes) => {
        const message = codec.decode(bytes) as Fields;
        entry.received.push(message);
        const answer = message.type === 'hello' ? this.greeting : this.answer(message);
        if (answer !== undefined) connection.send(codec.encode(answer));
      },
      close: () => void (entry.open = false),
    });
  };

  /** On the latest connection. */
  send(message: Fields): void {
    this.connections.at(-1)!.connection.send(codec.encode(message));
  }

  /** Each `work` request that came, in the order of its first arrival. */
  get worked(): unknown[] {
    const all = this.connections.flatMap(({ received }) => received);
    return [...new Set(all.filter(({ type }) => type === 'work').map(({ n }) => n))];
  }
}

interface Setting {
  clock: VirtualClock;
  network: FaultyNetwork;
  scheduler: FakeScheduler;
  session: ClientSession;
  options: SessionOptions;
  states: [SessionState, string | undefined][];
  notices: Fields[];
}

function setUp(options: Partial<SessionOptions> = {}, faults: Partial<Faults> = {}, seed = 1): Setting {
  const random = new SeededRandom(seed);
  const clock = new VirtualClock();
  const network = new FaultyNetwork({
    clock,
    random: random.fork(),
    faults: { latencyMs: [1, 5], ...faults },
  });
  const scheduler = new FakeScheduler();
  network.listen(URL_HERE, scheduler.accept);
  const states: Setting['states'] = [];
  const notices: Fields[] = [];
  const resolved: SessionOptions = {
    url: URL_HERE,
    connect: network.connect,
    clock,
    random,
    codec,
    hello: () => ({ type: 'hello' }),
    greet: async (_, call) => void (await call('greet', {})),
    notice: (message: Fields) => void notices.push(message),
    state: (state, error) => void states.push([state, isError(error) ? error.code : undefined]),
    ...options,
  };
  return {
    clock,
    network,
    scheduler,
    session: new ClientSession(resolved),
    options: resolved,
    states,
    notices,
  };
}

let s: Setting;

beforeEach(() => {
  s = setUp();
});

const work = (n: number, setting = s): Promise<unknown> => setting.session.request('work', { n });

/** The code that a promise rejects with. */
const codeOf = (promise: Promise<unknown>): Promise<string | undefined> =>
  promise.then(
    () => undefined,
    (error: unknown) => (isError(error) ? error.code : String(error)),
  );

const opened = (setting = s): Promise<void> => setting.clock.runUntil(setting.session.open());

describe('a session', () => {
  it('says hello, greets, asks, hears and closes', async () => {
    expect(s.session.state).toBe('idle');
    const early = work(0);
    await opened();
    expect(await s.clock.runUntil(work(1))).toEqual({ echo: 1 });
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
    expect(s.network.open).toBe(0);
  });

  it('gives the same promise to whoever opens it again', () => {
    const first = s.session.open();
    expect(s.session.open()).toBe(first);
    void s.session.close();
    return expect(first).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('rejects with what the scheduler refuses with, and goes on', async () => {
    await opened();
    const error = { code: 'JOB_UNKNOWN', message: 'no such job', info: { jobId: 'x' } };
    s.scheduler.answer = ({ id }) => ({ type: 'refusal', replyTo: id!, error });
    const promise = work(1);
    promise.catch(() => undefined);
    await s.clock.run();
    await expect(promise).rejects.toMatchObject(error);
    expect(s.session.state).toBe('open');
  });

  it('ignores answers to nothing and types that it does not know', async () => {
    await opened();
    s.scheduler.send({ type: 'reply', replyTo: 4_711, body: 1 });
    s.scheduler.send({ type: 'unknown' });
    expect(await s.clock.runUntil(work(1))).toEqual({ echo: 1 });
  });

  it('rejects a request whose reply is malformed, and goes on', async () => {
    await opened();
    s.scheduler.answer = ({ id }) => ({ type: 'reply', replyTo: id!, body: { bad: true } });
    expect(await s.clock.runUntil(codeOf(work(1)))).toBe('MESSAGE_MALFORMED');
    expect(s.session.state).toBe('open');
  });

  it('rejects a request that the codec cannot encode, and goes on', async () => {
    await opened();
    expect(await codeOf(s.session.request('work', { n: 1n }))).toContain('BigInt');
    expect(await s.clock.runUntil(work(2))).toEqual({ echo: 2 });
  });

  it('keeps so many in flight and no more, in order', async () => {
    await opened();
    const held: Fields[] = [];
    s.scheduler.answer = (message) => void held.push(message);
    const all = Array.from({ length: REQUESTS_IN_FLIGHT_MAX + 10 }, (_, n) => work(n));
    await s.clock.run();
    expect(held).toHaveLength(REQUESTS_IN_FLIGHT_MAX);
    for (const message of held.splice(0, 3)) s.scheduler.send(REPLY(message));
    await s.clock.run();
    expect(held.map(({ n }) => n)).toEqual(Array.from({ length: REQUESTS_IN_FLIGHT_MAX }, (_, i) => i + 3));
    for (const message of held) s.scheduler.send(REPLY(message));
    s.scheduler.answer = REPLY;
    expect(await s.clock.runUntil(Promise.all(all))).toEqual(all.map((_, echo) => ({ echo })));
  });
});

describe('time', () => {
  it('runs out for a request, and a late answer is ignored', async () => {
    await opened();
    let late: Fields | undefined;
    s.scheduler.answer = (message) => (message.type === 'work' ? void (late = message) : REPLY(message));
    const first = codeOf(work(1));
    await s.clock.advance(40_000);
    const second = codeOf(work(2));
    await s.clock.advance(19_000);
    expect(s.session.state).toBe('open');
    await s.clock.advance(1_001);
    expect(await first).toBe('TIMEOUT');
    s.scheduler.send(REPLY({ ...late!, id: late!.id! - 1 }));
    s.scheduler.send(REPLY(late!));
    await s.clock.advance(10);
    expect(await second).toBeUndefined();
  });

  it('does not run while there is no connection', async () => {
    await opened();
    s.scheduler.answer = () => undefined;
    const asked = work(1);
    await s.clock.advance(50_000);
    s.network.faults.refuseChance = 1;
    s.network.cut();
    await s.clock.advance(300_000);
    expect(s.session.state).toBe('waiting');
    s.network.faults.refuseChance = 0;
    s.scheduler.answer = REPLY;
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
    await opened();
    s.network.partition('client', 2 * IDLE_MS_MAX);
    await s.clock.advance(IDLE_MS_MAX + 10);
    expect(s.states.at(-1)).toEqual(['waiting', 'CONNECTION_LOST']);
    await s.clock.advance(2 * IDLE_MS_MAX);
    expect(s.session.state).toBe('open');
    expect(s.scheduler.connections).toHaveLength(2);
  });

  it('passes with pings, and a connection that answers them lives', async () => {
    await opened();
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
    await opened();
    await clock.advance(20 * 60_000);
    expect(s.session.state).toBe('open');
    expect(s.scheduler.connections).toHaveLength(1);
  });

  it('between tries grows to its limit, and starts anew after a good connection', async () => {
    await opened();
    await s.clock.advance(5_000);
    s.network.faults = { ...s.network.faults, refuseChance: 1, latencyMs: [0, 0] };
    const at: number[] = [];
    const dial = s.network.counts;
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

describe('the end', () => {
  it('of the first connection ends the session, with advice', async () => {
    s.network.faults.refuseChance = 1;
    const waiting = codeOf(work(1));
    expect(await s.clock.runUntil(codeOf(s.session.open()))).toBe('CONNECT_FAILED');
    expect(await waiting).toBe('CONNECT_FAILED');
    expect(s.session.state).toBe('closed');
    expect(await codeOf(work(2))).toBe('CONNECT_FAILED');
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
    await opened();
    s.scheduler.answer = () => undefined;
    const asked = codeOf(work(1));
    await s.clock.run();
    s.scheduler.send(message);
    expect(await s.clock.runUntil(asked)).toBe(code);
    expect(s.states.at(-1)).toEqual(['closed', code]);
    await s.clock.advance(60_000);
    expect(s.scheduler.connections).toHaveLength(1);
  });

  it('does not come by the goodbye of a scheduler that restarts', async () => {
    await opened();
    const error = { code: 'SHUTTING_DOWN', message: 'restart' };
    s.scheduler.answer = ({ id }) => ({ type: 'refusal', replyTo: id!, error });
    const asked = work(1);
    await s.clock.run();
    s.scheduler.send({ type: 'goodbye', error });
    s.scheduler.answer = REPLY;
    expect(await s.clock.runUntil(asked)).toEqual({ echo: 1 });
    expect(s.scheduler.connections).toHaveLength(2);
    expect(s.states.map(([, code]) => code)).toContain('SHUTTING_DOWN');
  });

  it('comes by a greeting that is refused, also on a later connection', async () => {
    await opened();
    const asked = codeOf(work(1));
    const error = { code: 'UNAUTHENTICATED', message: 'who are you' };
    s.scheduler.answer = ({ id }) => ({ type: 'refusal', replyTo: id!, error });
    s.network.cut();
    expect(await s.clock.runUntil(asked)).toBe('UNAUTHENTICATED');
    expect(s.states.at(-1)).toEqual(['closed', 'UNAUTHENTICATED']);
  });

  it('comes by a greeting that fails in itself, as a coded error', async () => {
    s = setUp({ greet: () => Promise.reject(new TypeError('a slip')) });
    const error = await s.clock.runUntil(s.session.open().catch((e: unknown) => e as Error));
    expect(error).toMatchObject({ code: 'INTERNAL', cause: { message: 'a slip' } });
  });

  it('comes with the connection where it is not to be opened again', async () => {
    s = setUp({ reconnect: false });
    await opened();
    s.scheduler.answer = () => undefined;
    const asked = codeOf(work(1));
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

  const moments: [string, (setting: Setting) => Promise<void>][] = [
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
        await opened(setting);
        setting.scheduler.answer = () => undefined;
      },
    ],
    [
      'between two connections',
      async (setting) => {
        await opened(setting);
        setting.network.faults.refuseChance = 1;
        setting.network.cut();
        await setting.clock.runUntil(() => setting.session.state === 'waiting');
      },
    ],
  ];

  it.each(moments)('%s rejects all that is asked, and leaves nothing behind', async (_, reach) => {
    await reach(s);
    const asked = [codeOf(work(1)), codeOf(work(2))];
    const opening = codeOf(s.session.open());
    await s.clock.runUntil(s.session.close());
    expect(await Promise.all(asked)).toEqual(['CLOSED', 'CLOSED']);
    expect(['CLOSED', undefined]).toContain(await opening);
    expect(await codeOf(work(3))).toBe('CLOSED');
    expect(s.states.at(-1)).toEqual(['closed', 'CLOSED']);
    const before = s.network.counts.connected;
    await s.clock.advance(600_000);
    expect(s.network.counts.connected).toBe(before);
    expect(s.scheduler.connections.every(({ open }) => !open)).toBe(true);
    await s.session.close();
  });

  it('lets what was sent arrive', async () => {
    await opened();
    s.session.notify({ type: 'last words' });
    await s.clock.runUntil(s.session.close());
    await s.clock.run();
    expect(s.scheduler.connections[0]!.received.at(-1)).toEqual({ type: 'last words' });
  });
});

describe('giving up', () => {
  it('a request: before, while it waits, and in flight', async () => {
    const before = codeOf(s.session.request('work', { n: 0 }, { signal: AbortSignal.abort() }));
    const giveUp = new AbortController();
    const waits = codeOf(s.session.request('work', { n: 1 }, { signal: giveUp.signal }));
    giveUp.abort(new Error('enough'));
    expect(await Promise.all([before, waits])).toEqual(['ABORTED', 'ABORTED']);
    await opened();
    s.scheduler.answer = () => undefined;
    const giveUpLater = new AbortController();
    const flies = codeOf(s.session.request('work', { n: 2 }, { signal: giveUpLater.signal }));
    await s.clock.run();
    giveUpLater.abort();
    expect(await flies).toBe('ABORTED');
    s.network.cut();
    await s.clock.runUntil(() => s.session.state === 'connecting');
    s.scheduler.answer = REPLY;
    await s.clock.runUntil(work(3));
    expect(s.scheduler.connections[1]!.received.map(({ n }) => n)).toEqual([undefined, undefined, 3]);
  });

  it('opening', async () => {
    const giveUp = new AbortController();
    const opening = codeOf(s.session.open(giveUp.signal));
    await s.clock.advance(1);
    giveUp.abort();
    expect(await opening).toBe('ABORTED');
    expect(s.session.state).toBe('closed');
    expect(await codeOf(setUp().session.open(AbortSignal.abort()))).toBe('ABORTED');
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

describe('a greeting', () => {
  it('comes before anything else, and notices before it are dropped', async () => {
    s.scheduler.answer = ({ type, id }) =>
      type === 'greet' ? undefined : { type: 'reply', replyTo: id!, body: {} };
    const opening = s.session.open();
    const asked = work(1);
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
    s = setUp({
      async greet(_, call) {
        heard.push(await codeOf(call('greet', {})));
        heard.push(await codeOf(call('greet', {})));
      },
    });
    await opened();
    s.scheduler.answer = () => undefined;
    s.network.cut();
    await s.clock.runUntil(() => s.scheduler.connections.length === 2);
    await s.clock.advance(20);
    s.network.cut();
    await s.clock.advance(1);
    expect(heard).toEqual([undefined, undefined, 'CONNECTION_LOST', 'CONNECTION_LOST']);
  });
});

describe('a full socket', () => {
  it('is waited for, and a lost or closed one is not', async () => {
    await opened();
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

describe('a connection that breaks', () => {
  /** Opens, asks a dozen things in three goes, one of them late; gives the answers. */
  async function run(setting: Setting): Promise<void> {
    const first = Array.from({ length: 5 }, (_, n) => work(n, setting));
    const firstCodes = Promise.all(first.map(codeOf));
    const opening = codeOf(setting.session.open());
    const code = await setting.clock.runUntil(opening);
    if (code !== undefined) {
      // Only the first connection is not tried again.
      expect(['CONNECTION_LOST', 'CONNECT_FAILED']).toContain(code);
      expect(await firstCodes).toEqual(first.map(() => code));
      return;
    }
    const second = Array.from({ length: 5 }, (_, n) => work(n + 5, setting));
    expect(await setting.clock.runUntil(Promise.all(first))).toEqual(first.map((_, n) => ({ echo: n })));
    const third = [work(10, setting), work(11, setting)];
    const rest = await setting.clock.runUntil(Promise.all([...second, ...third]));
    expect(rest).toEqual(Array.from({ length: 7 }, (_, n) => ({ echo: n + 5 })));
    expect(setting.scheduler.worked).toEqual(Array.from({ length: 12 }, (_, n) => n));
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
    await run(setUp({}, { cutAt: (message) => void (messages = message) }));
    expect(messages).toBeGreaterThan(25);
    for (let at = 0; at <= messages; at++) {
      await run(setUp({}, { cutAt: (message) => (message === at ? fate : undefined) }, at));
    }
  });

  it('on any two messages', async () => {
    for (let first = 4; first < 34; first += 3) {
      for (let second = first + 1; second < first + 30; second += 2) {
        const cutAt: Faults['cutAt'] = (message) =>
          message === first ? 'arrived' : message === second ? 'lost' : undefined;
        await run(setUp({}, { cutAt }, first));
      }
    }
  });

  it('again and again, on a network that also refuses and delays', async () => {
    const seeds = process.env.DEEP === '1' ? 5_000 : 60;
    for (let seed = 1; seed <= seeds; seed++) {
      const faults = { cutChance: 0.08, refuseChance: 0.3, latencyMs: [0, 400] } as const;
      await run(setUp({}, faults, seed)).catch((error: unknown) => {
        throw new Error(`seed ${seed}`, { cause: error });
      });
    }
  });
});
