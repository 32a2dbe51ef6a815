/**
 * Options that `startScheduler` rejects before it opens anything.
 * @module
 */
import { expect, it } from 'vitest';
import { startScheduler } from './scheduler.node.js';

it.each<[Record<string, unknown>, string]>([
  [{ host: 5 }, 'host must be an address to listen on'],
  [{ host: '' }, 'host must be an address to listen on'],
  [{ dataDir: 5 }, 'dataDir must be the path of a folder'],
  [{ log: true }, 'log must be a function'],
  [{ port: '0' }, 'port must be an integer from 0 to 65535, not "0"'],
  [{ sockets: 1.5 }, 'sockets must be an integer above 0'],
])('%j is rejected with the option and the expected value', async (options, text) => {
  const started = startScheduler(options);
  await expect(started).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining(text) as unknown,
    info: { argument: Object.keys(options)[0] },
  });
});
