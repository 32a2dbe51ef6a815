/**
 * A session whose scheduler's store takes nothing for a while.
 * @module
 */
import { expect, it } from 'vitest';
import {
  codeOf,
  openSession,
  echoReply,
  createSessionFixture,
} from '../../testing/scheduler/session-fixture.js';
import type { MessageFields, SessionFixture } from '../../testing/scheduler/session-fixture.js';

const ask = (
  s: SessionFixture,
  n: number,
  orderKey: string,
  shouldRetry = (): boolean => true,
): Promise<unknown> => s.session.request('work', { n }, { retry: { orderKey, shouldRetry } });
const REFUSED = { code: 'STORE_BUSY', message: 'another program holds the database' };

it('a session repeats requests that the store could not take, in their order, reports it once, and lets others pass', async () => {
  const stalls: Error[] = [];
  const s = createSessionFixture({ stalled: (error) => stalls.push(error) });
  await openSession(s);
  let isDown = true;
  const taken: unknown[] = [];
  s.scheduler.answer = (message): MessageFields => {
    const refuses = isDown && message.type === 'work' && (message.n as number) < 10;
    if (refuses) return { type: 'refusal', replyTo: message.id!, error: REFUSED };
    if (message.type === 'work') taken.push(message.n);
    return echoReply(message);
  };
  const first = [ask(s, 1, 'a'), ask(s, 2, 'a')];
  await s.clock.advance(50);
  // Behind those of its order, which nobody may pass, while the store is there again for others.
  const behind = ask(s, 11, 'a');
  expect(await s.clock.runUntil(ask(s, 12, 'b'))).toEqual({ echo: 12 });
  await s.clock.advance(100_000);
  expect(taken).toEqual([12]);
  expect(stalls).toMatchObject([REFUSED]);
  isDown = false;
  expect(await s.clock.runUntil(Promise.all([...first, behind]))).toEqual(
    [1, 2, 11].map((echo) => ({ echo })),
  );
  expect(taken).toEqual([12, 1, 2, 11]);
});

it('a session rejects a busy request whose caller wants no repetition, or whose session ends', async () => {
  const s = createSessionFixture();
  await openSession(s);
  s.scheduler.answer = ({ id }) => ({ type: 'refusal', replyTo: id!, error: REFUSED });
  expect(await s.clock.runUntil(codeOf(s.session.request('work', { n: 0 })))).toBe('STORE_BUSY');
  let isWanted = true;
  const given = codeOf(ask(s, 1, 'a', () => isWanted));
  const kept = codeOf(ask(s, 2, 'b'));
  await s.clock.advance(60_000);
  isWanted = false;
  expect(await s.clock.runUntil(given)).toBe('STORE_BUSY');
  await s.clock.runUntil(s.session.close());
  expect(await kept).toBe('CLOSED');
});
