import { afterEach, expect, it } from 'vitest';
import { systemClock } from '../../lib/clock.js';
import { systemRandom } from '../../lib/crypto/random.js';
import { isError } from '../../lib/errors.js';
import { decodeValue } from '../../protocol/values/values.js';
import { respondWith, serveData, type RequestHandler, type DataServer } from '../../testing/data-server.js';
import { RemoteInputs } from '../inputs/remote-inputs.js';
import { SliceFetches } from './slice-fetches.js';

const servers: DataServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

/** The fetches of one lease from a local server. */
async function start(handler: RequestHandler) {
  const server = await serveData({ '/wait': handler });
  servers.push(server);
  const { origin } = server;
  const ports = { fetch, clock: systemClock, random: systemRandom, allowed: () => [origin] };
  const fetches = new SliceFetches(new RemoteInputs(ports));
  const job = { jobId: 'a', origins: [origin] };
  const remote = (slice: number) => ({ slice, url: `${origin}/wait?${slice}` });
  /** The value of the slice, or the code and message of the rejection. */
  const get = (slice: number): Promise<unknown> =>
    fetches.get(remote(slice), job).then(decodeValue, (error: unknown) => {
      return isError(error) ? `${error.code} ${error.message}` : String(error);
    });
  return { server, fetches, get, prefetch: (slice: number) => fetches.prefetch(remote(slice), job) };
}

it('a fetch that was begun ahead is not begun again when its slice needs it', async () => {
  const { server, get, prefetch } = await start(respondWith('text/plain', 'ok'));
  prefetch(1);
  expect(await Promise.all([get(1), get(1)])).toEqual(['ok', 'ok']);
  expect(server.requests).toHaveLength(1);
});

it('a dropped fetch is aborted, in flight or waiting, and earlier slices are not affected', async () => {
  const open: (() => void)[] = [];
  const { server, fetches, get } = await start((request, response) => {
    open.push(() => respondWith('text/plain', 'ok')(request, response));
  });
  const first = get(1);
  const others = [2, 3, 4, 5, 6, 7, 8].map(get);
  await expect.poll(() => open.length).toBe(4);
  fetches.drop(2);
  expect(new Set(await Promise.all(others))).toEqual(new Set(['ABORTED The slice was released.']));
  await expect.poll(() => server.openRequests).toBe(1);
  expect(server.requests).toHaveLength(4);
  open[0]!();
  expect(await first).toBe('ok');
});

it('a fetch that is dropped at once is never sent', async () => {
  const { server, fetches, get, prefetch } = await start(() => undefined);
  prefetch(2);
  const dropped = get(1);
  fetches.drop();
  expect(await dropped).toBe('ABORTED The slice was released.');
  // A later fetch is sent, and it is the only one.
  void get(3);
  await expect.poll(() => server.requests.map(({ path }) => path)).toEqual(['/wait?3']);
  fetches.drop();
  await expect.poll(() => server.openRequests).toBe(0);
});
