import { expect, test } from 'vitest';
import { newId } from '../../lib/crypto/ids.js';
import { ManyhandsError } from '../../lib/errors.js';
import { SeededRandom } from '../../testing/seeded-random.js';
import { VirtualClock } from '../../testing/virtual-clock.js';
import { RepeatGuard } from './repeat-guard.js';

const jobId = newId(new SeededRandom(1));
const close = (id: number) => ({ type: 'job.close', id, jobId }) as const;

/** Refuses the first of several requests because the store is busy. */
function refused() {
  const clock = new VirtualClock();
  const guard = new RepeatGuard(clock);
  const busy = new ManyhandsError('STORE_BUSY', 'locked');
  const send = (id: number): void => guard.begin(close(id), guard.received(close(id)));
  send(1);
  guard.refused(close(1), busy);
  return { clock, send, busy };
}

test('requests behind a refused one are refused until that one is repeated, and then run in order', () => {
  const { send, busy } = refused();
  expect(() => send(2)).toThrow(busy);
  send(1);
  send(2);
});

test('a client that does not repeat a refused request can go on after some time', async () => {
  const { clock, send, busy } = refused();
  await clock.advance(60_000);
  expect(() => send(2)).toThrow(busy);
  await clock.advance(120_000);
  send(3);
});
