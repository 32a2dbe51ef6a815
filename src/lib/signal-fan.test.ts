import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { SignalFan } from './signal-fan.js';

it('a hundred tasks put one listener on their signal, and all end when it aborts', async () => {
  const source = new AbortController();
  const fan = new SignalFan(source.signal);
  const ends = Array.from({ length: 100 }, () =>
    fan.run(
      (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        }),
    ),
  );
  expect(getEventListeners(source.signal, 'abort')).toHaveLength(1);
  source.abort(new Error('enough'));
  const settled = await Promise.allSettled(ends);
  expect(
    settled.every((each) => each.status === 'rejected' && (each.reason as Error).message === 'enough'),
  ).toBe(true);
  await expect(fan.run(() => Promise.resolve(1))).rejects.toThrow('enough');
});
