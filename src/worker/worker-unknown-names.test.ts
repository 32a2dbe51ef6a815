/**
 * Names that a worker does not have: refused, and never left without effect.
 * @module
 */
import { expect, it } from 'vitest';
import { stage, stageKeeper } from '../testing/worker/worker-stage.js';

const keep = stageKeeper();

it('refuses options and events that do not exist, with the nearest one', () => {
  const { worker } = keep(stage({}, { cores: 2 }));
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
