/**
 * Unknown names of options and events are rejected, never ignored.
 * @module
 */
import { expect, it } from 'vitest';
import { createWorkerFixture, trackFixtures } from '../testing/worker/worker-fixture.js';

const keep = trackFixtures();

it('a worker rejects unknown options and events, and names the most similar one', () => {
  const { worker } = keep(createWorkerFixture({}, { cores: 2 }));
  const set = worker.options as unknown as Record<string, unknown>;
  expect(() => (set['core'] = 3)).toThrow(
    expect.objectContaining({
      code: 'UNKNOWN_OPTION',
      message: expect.stringContaining("'cores'") as unknown,
    }),
  );
  expect(() => Object.assign(worker.options, { isolation: 'thread' })).toThrow(
    expect.objectContaining({ code: 'UNKNOWN_OPTION' }),
  );
  worker.options.cores = 3;
  expect(worker.options.cores).toBe(3);
  expect(() => worker.on('reslt' as 'result', () => undefined)).toThrow(
    expect.objectContaining({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining("'result'") as unknown,
    }),
  );
});
