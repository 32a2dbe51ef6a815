import { expect, it } from 'vitest';
import { systemRandom } from '../lib/crypto/random.js';
import { InMemoryScheduler } from '../testing/scheduler/in-memory-scheduler.js';
import { OPERATOR_TOKEN } from '../testing/scheduler/scheduler-fixture.js';
import { VirtualClock } from '../testing/virtual-clock.js';
import { connectOperator, type Operator } from './operator.js';

const ACCOUNT = `0x${'a'.repeat(40)}`;

function connect({ tap }: InMemoryScheduler, clock: VirtualClock): Promise<Operator> {
  const options = { scheduler: 'http://scheduler.test', token: OPERATOR_TOKEN };
  return connectOperator(options, { connect: tap.connect, clock, random: systemRandom });
}

it('a request of an operator fails if there is no connection for half a minute', async () => {
  const [clock, scheduler] = [new VirtualClock(), new InMemoryScheduler()];
  const operator = await connect(scheduler, clock);
  scheduler.tap.refusesConnections = true;
  scheduler.tap.disconnectAll();
  const asked = operator.account(ACCOUNT).catch((error: unknown) => error);
  await clock.advance(60_000);
  expect(await asked).toMatchObject({ code: 'CONNECT_FAILED' });
});

it('a list of jobs ends when its signal aborts', async () => {
  const [clock, scheduler] = [new VirtualClock(), new InMemoryScheduler()];
  const operator = await connect(scheduler, clock);
  scheduler.tap.beforeRequest = () => 'lost';
  const abort = new AbortController();
  const listed = operator.jobs({ signal: abort.signal }).catch((error: unknown) => error);
  await clock.advance(1_000);
  abort.abort();
  expect(await listed).toMatchObject({ code: 'ABORTED' });
  await operator.close();
});

it('a first connection that is refused fails with advice', async () => {
  const scheduler = new InMemoryScheduler();
  scheduler.tap.refusesConnections = true;
  await expect(connect(scheduler, new VirtualClock())).rejects.toThrow(/openOperator\(\{ scheduler \}\)/);
});

it.each([undefined, null, 0, 'x', '0x52908400098527886E0F7030069857D2E4169Ee7'])(
  'credits are neither created on the account %s nor shown',
  async (address) => {
    const operator = await connect(new InMemoryScheduler(), new VirtualClock());
    const malformed = { code: 'ADDRESS_MALFORMED' };
    await expect(operator.mint(address as never, 1n)).rejects.toMatchObject(malformed);
    await expect(operator.account(address as never)).rejects.toMatchObject(malformed);
    await operator.close();
  },
);
