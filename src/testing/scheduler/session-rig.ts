/**
 * A session of a client over a network that fails, in virtual time, and a scheduler that says what a test tells it to.
 * @module
 */
import { isError, ManyhandsError } from '../../lib/errors.js';
import { FaultyNetwork } from '../faulty-network.js';
import type { Faults } from '../faulty-network.js';
import { SeededRandom } from '../seeded-random.js';
import { VirtualClock } from '../virtual-clock.js';
import { ClientSession } from '../../transport/session.js';
import type { SessionMessage, SessionOptions, SessionState } from '../../transport/session.js';
import type { Connection } from '../../transport/transport.js';

export const URL_HERE = 'memory://scheduler';

export type Fields = SessionMessage & Record<string, unknown>;

/** JSON will do: the session does not look inside. */
export const codec = {
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

export const REPLY = (message: Fields): Fields => ({
  type: 'reply',
  replyTo: message.id!,
  body: { echo: message.n },
});

/** The other side: welcomes, records, and answers what `answer` makes. */
export class FakeScheduler {
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

export interface Setting {
  clock: VirtualClock;
  network: FaultyNetwork;
  scheduler: FakeScheduler;
  session: ClientSession;
  options: SessionOptions;
  states: [SessionState, string | undefined][];
  notices: Fields[];
}

export function setUp(
  options: Partial<SessionOptions> = {},
  faults: Partial<Faults> = {},
  seed = 1,
): Setting {
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

/** The code that a promise rejects with. */
export const codeOf = (promise: Promise<unknown>): Promise<string | undefined> =>
  promise.then(
    () => undefined,
    (error: unknown) => (isError(error) ? error.code : String(error)),
  );

/** Asks for number `n` to be echoed. */
export const work = (setting: Setting, n: number): Promise<unknown> => setting.session.request('work', { n });

export const opened = (setting: Setting): Promise<void> => setting.clock.runUntil(setting.session.open());
