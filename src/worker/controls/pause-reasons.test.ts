import { expect, it } from 'vitest';
import { PauseReasons } from './pause-reasons.js';

it('a reason counts once, and the worker works again when the last one is removed', () => {
  const changes: string[] = [];
  const pauses = new PauseReasons((name, reason) => changes.push(`${name} ${reason}`));
  pauses.add('battery');
  pauses.add('user');
  pauses.add('battery');
  expect(pauses.reasons).toEqual(['battery', 'user']);
  pauses.remove('battery');
  pauses.remove('battery');
  expect(pauses.any).toBe(true);
  pauses.remove('user');
  expect(pauses.any).toBe(false);
  expect(changes).toEqual(['pause battery', 'pause user', 'unpause battery', 'unpause user']);
});

it.each([[{ reason: 'user' }], [''], [null], [5]])('%j is refused as a reason', (reason) => {
  const pauses = new PauseReasons(() => undefined);
  expect(() => pauses.add(reason as string)).toThrowError(
    expect.objectContaining({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('reason') as string,
    }),
  );
  expect(pauses.any).toBe(false);
});
