/**
 * A client session over a faulty network in virtual time, and a fake scheduler whose replies the test defines.
 * @module
 */
import { isError, ManyhandsError } from '../../lib/errors.js';
import { FaultyNetwork } from '../faulty-network.js';
import type { Faults } from '../faulty-network.js';
import { SeededRandom } from '../seeded-random.js';
import { VirtualClock } from '../virtual-clock.js';
import { ClientSession } from '../../client/connection/session.js';
import type { SessionMessage, SessionOptions, SessionState } from '../../client/connection/session.js';
import type { Connection } from '../../transport/transport.js';

export const SCHEDULER_URL = 'memory://scheduler';

export type MessageFields = SessionMessage & Record<string, unknown>;

/** A codec for JSON: the session does not depend on the encoding. */
export const codec = {
  encode: (message: SessionMessage): Uint8Array => new TextEncoder().encode(JSON.stringify(message)),
  decode(bytes: Uint8Array): SessionMessage {
    const message = JSON.parse(new TextDecoder().decode(bytes)) as MessageFields;
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

export const echoReply = (message: MessageFields): MessageFields => ({
  type: 'reply',
  replyTo: message.id!,
  body: { echo: message.n },
});

/** The server end: sends the greeting, records messages, and replies with the result of `answer`. */
export class FakeScheduler {
  /** Received messages of each connection, in order. */
  readonly connections: { connection: Connection; received: MessageFields[]; open: boolean }[] = [];
  greeting: MessageFields | undefined = { type: 'welcome' };
  answer: (message: MessageFields) => MessageFields | undefined = echoReply;

  readonly accept = (connection: Connection): void => {
    const entry = { connection, received: [] as MessageFields[], open: true };
    this.connections.push(entry);
    connection.handle({
      message: (bytes) => {
        const message = codec.decode(bytes) as MessageFields;
        entry.received.push(message);
        const answer = message.type === 'hello' ? this.greeting : this.answer(message);
        if (answer !== undefined) connection.send(codec.encode(answer));
      },
      close: () => void (entry.open = false),
    });
  };

  /** Sends a message on the latest connection. */
  send(message: MessageFields): void {
    this.connections.at(-1)!.connection.send(codec.encode(message));
  }

  /** The number of each `work` request, in the order of its first arrival. */
  get echoedNumbers(): unknown[] {
    const all = this.connections.flatMap(({ received }) => received);
    return [...new Set(all.filter(({ type }) => type === 'work').map(({ n }) => n))];
  }
}

export interface SessionFixture {
  clock: VirtualClock;
  network: FaultyNetwork;
  scheduler: FakeScheduler;
  session: ClientSession;
  options: SessionOptions;
  states: [SessionState, string | undefined][];
  notices: MessageFields[];
}

export function createSessionFixture(
  options: Partial<SessionOptions> = {},
  faults: Partial<Faults> = {},
  seed = 1,
): SessionFixture {
  const random = new SeededRandom(seed);
  const clock = new VirtualClock();
  const network = new FaultyNetwork({
    clock,
    random: random.fork(),
    faults: { latencyMs: [1, 5], ...faults },
  });
  const scheduler = new FakeScheduler();
  network.listen(SCHEDULER_URL, scheduler.accept);
  const states: SessionFixture['states'] = [];
  const notices: MessageFields[] = [];
  const resolved: SessionOptions = {
    url: SCHEDULER_URL,
    connect: network.connect,
    clock,
    random,
    codec,
    hello: () => ({ type: 'hello' }),
    greet: async (_, call) => void (await call('greet', {})),
    notice: (message: MessageFields) => void notices.push(message),
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

/** The error code with which the promise rejects; undefined where it does not. */
export const codeOf = (promise: Promise<unknown>): Promise<string | undefined> =>
  promise.then(
    () => undefined,
    (error: unknown) => (isError(error) ? error.code : String(error)),
  );

/** Sends a request whose reply contains `n`. */
export const requestEcho = (setting: SessionFixture, n: number): Promise<unknown> =>
  setting.session.request('work', { n });

export const openSession = (setting: SessionFixture): Promise<void> =>
  setting.clock.runUntil(setting.session.open());
