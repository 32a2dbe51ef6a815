import { afterEach, describe, expect, it } from 'vitest';
import { systemClock, type Clock } from '../../lib/clock.js';
import { deferred } from '../../lib/deferred.js';
import { systemRandom } from '../../lib/crypto/random.js';
import { isError } from '../../lib/errors.js';
import { REMOTE_BYTES_MAX } from '../../protocol/limits.js';
import { decodeValue } from '../../protocol/values/values.js';
import { respondWith, serveData, type RequestHandler, type DataServer } from '../../testing/data-server.js';
import { RemoteInputs } from './remote-inputs.js';

const servers: DataServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function site(paths: Record<string, RequestHandler>): Promise<DataServer> {
  const server = await serveData(paths);
  servers.push(server);
  return server;
}

/** Retry delays end at once; timeouts end when the test ends them. */
function eager(): Clock & { late(ms: number): void } {
  const limits = new Map<() => void, number>();
  return {
    ...systemClock,
    after: (ms, fn, options) => {
      if (options?.background !== true) return systemClock.after(0, fn);
      limits.set(fn, ms);
      return () => void limits.delete(fn);
    },
    late: (ms) => limits.forEach((limit, fn) => limit === ms && fn()),
  };
}

/** The inputs of a worker, fetched from a local server by Node's `fetch`. */
function from(origin: string, clock: Clock = systemClock) {
  const allowed = [origin];
  const options: (RequestInit | undefined)[] = [];
  const remotes = new RemoteInputs({
    fetch: (input, init) => {
      options.push(init);
      return fetch(input, init);
    },
    clock,
    random: systemRandom,
    allowed: () => allowed,
  });
  const get = (path: string, slice = 1, origins = [origin], jobId = 'a'): Promise<unknown> =>
    remotes
      .fetch(
        { slice, url: path.startsWith('/') ? origin + path : path },
        { jobId, origins },
        new AbortController(),
      )
      .then(decodeValue);
  /** The code and message of a rejection. */
  const fail = (path: string, slice?: number, origins?: string[]): Promise<string> =>
    get(path, slice, origins).then(
      (value) => `gave ${String(value)}`,
      (error: unknown) => (isError(error) ? `${error.code} ${error.message}` : String(error)),
    );
  return { allowed, get, fail, options };
}

describe('the value at an address', () => {
  it('is text, a value or bytes, according to its content type', async () => {
    const { origin, requests: asked } = await site({
      '/text': respondWith('text/csv', 'ä,b'),
      '/json': respondWith('application/geo+json; charset=utf-8', '{"__proto__":1,"a":[null]}'),
      '/bytes': respondWith('application/octet-stream', new Uint8Array([1, 2])),
      '/none': (_request, response) => void response.writeHead(200).end('x'),
    });
    const { get, options } = from(origin);
    expect(await get('/text?q=%20')).toBe('ä,b');
    expect(await get('/json')).toEqual(JSON.parse('{"__proto__":1,"a":[null]}'));
    expect(await get('/bytes')).toEqual(new Uint8Array([1, 2]));
    expect(await get('/none')).toEqual(new TextEncoder().encode('x'));
    expect(asked[0]!.path).toBe('/text?q=%20');
    for (const { headers } of asked)
      expect([headers.cookie, headers.referer]).toEqual([undefined, undefined]);
    // Node sends no cookies or referrer by itself.
    for (const { signal: _signal, ...given } of options as RequestInit[])
      expect(given).toEqual({
        mode: 'cors',
        credentials: 'omit',
        redirect: 'manual',
        referrerPolicy: 'no-referrer',
        cache: 'no-store',
      });
  });

  it('is rejected without a retry if it does not match its content type', async () => {
    const { origin, requests: asked } = await site({
      '/json': respondWith('application/json', '{'),
      '/text': respondWith('text/plain', new Uint8Array([0xff])),
      '/deep': respondWith('application/json', '['.repeat(2_000) + ']'.repeat(2_000)),
      '/gone': (_request, response) => void response.writeHead(410).end(),
    });
    const { fail } = from(origin);
    expect(await fail('/json')).toMatch(
      /^FETCH_FAILED http:.*\/json could not be fetched: .*application\/json/,
    );
    expect(await fail('/text')).toMatch(/^FETCH_FAILED .*not UTF-8/);
    expect(await fail('/deep')).toMatch(/^FETCH_FAILED .*nested/);
    expect(await fail('/gone')).toMatch(/^FETCH_FAILED .*answered with 410/);
    expect(asked).toHaveLength(4);
  });

  it.each([201, 203, 204, 206])('is refused with %i: only 200 says that it is all there', async (status) => {
    const { origin, requests: asked } = await site({
      '/a': (_request, response) =>
        void response.writeHead(status, { 'content-type': 'text/plain' }).end(status === 204 ? '' : 'a part'),
    });
    expect(await from(origin).fail('/a')).toMatch(new RegExp(`^FETCH_FAILED .*answered with ${status}`));
    expect(asked).toHaveLength(1);
  });
});

describe('the origins of a fetch', () => {
  it('must be declared by the job and allowed by the owner of the machine', async () => {
    const here = await site({ '/a': respondWith('text/plain', 'a') });
    const other = await site({ '/a': respondWith('text/plain', 'b') });
    const { fail, allowed } = from(here.origin);
    expect(await fail(`${other.origin}/a`)).toMatch(/^ORIGIN_NOT_ALLOWED /);
    expect(await fail(`${other.origin}/a`, 1, [here.origin, other.origin])).toMatch(/^FORBIDDEN /);
    // Not normalized as by `URL.href`: the scheduler might have read another origin.
    expect(await fail(`${here.origin}/../a`)).toMatch(/^ORIGIN_NOT_ALLOWED /);
    allowed.pop();
    expect(await fail('/a')).toMatch(/^FORBIDDEN /);
    expect([...here.requests, ...other.requests]).toEqual([]);
  });

  it('do not include the target of a redirect', async () => {
    const other = await site({ '/a': respondWith('text/plain', 'b') });
    const { origin } = await site({
      '/away': (_request, response) => void response.writeHead(302, { location: `${other.origin}/a` }).end(),
    });
    const { fail } = from(origin, eager());
    expect(await fail('/away')).toMatch(
      /^FETCH_FAILED .*could not be fetched: it leads elsewhere, and redirects are not followed/,
    );
    expect(other.requests).toEqual([]);
  });
});

describe('the limits of a fetch', () => {
  it('a transient error is retried up to three attempts', async () => {
    let left = 2;
    const { origin, requests: asked } = await site({
      '/busy': (request, response) =>
        left-- > 0 ? void response.writeHead(503).end() : respondWith('text/plain', 'now')(request, response),
      '/down': (_request, response) => void response.writeHead(500).end(),
      '/cut': (_request, response) => {
        response.writeHead(200, { 'content-length': 100 }).write('part');
        setImmediate(() => response.destroy());
      },
    });
    const { get, fail } = from(origin, eager());
    expect(await get('/busy')).toBe('now');
    expect(await fail('/down')).toMatch(/^FETCH_FAILED .*answered with 500, 3 times/);
    expect(await fail('/cut')).toMatch(/^FETCH_FAILED .*broke off, 3 times/);
    expect(asked).toHaveLength(9);
  });

  it('an endless body is read up to the limit only', async () => {
    let sent = 0;
    const { origin } = await site({
      '/endless': (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/plain' });
        const chunk = new Uint8Array(1024 * 1024);
        const more = (): void => {
          while (!response.destroyed && response.write(chunk)) sent += chunk.length;
          sent += chunk.length;
        };
        response.on('drain', more);
        more();
      },
    });
    expect(await from(origin).fail('/endless')).toMatch(/^FETCH_FAILED .*larger than \d+ bytes/);
    expect(sent).toBeLessThan(2 * REMOTE_BYTES_MAX);
  });

  it('a response that stalls times out after a minute', async () => {
    const clock = eager();
    const asked = deferred();
    const server = await site({
      '/slow': (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/plain' }).write('once');
        asked.resolve();
      },
    });
    const failed = from(server.origin, clock).fail('/slow');
    await asked.promise;
    clock.late(60_000);
    expect(await failed).toMatch(/^FETCH_FAILED .*took more than 60 s/);
    await expect.poll(() => server.openRequests).toBe(0);
  });

  it('a response that does not begin times out after 15 seconds', async () => {
    const clock = eager();
    const asked = deferred();
    const server = await site({ '/slow': () => asked.resolve() });
    const failed = from(server.origin, clock).fail('/slow');
    await asked.promise;
    clock.late(15_000);
    expect(await failed).toMatch(/^FETCH_FAILED .*did not begin for more than 15 s/);
    await expect.poll(() => server.openRequests).toBe(0);
  });

  it('a server that asks clients to wait gets no requests, and no slice is charged', async () => {
    const { origin, requests: asked } = await site({
      '/busy': (_request, response) => void response.writeHead(503, { 'retry-after': '60' }).end(),
    });
    const { fail } = from(origin, eager());
    expect(await fail('/busy')).toMatch(/^CONNECT_FAILED .*asks clients to wait.* for 60 s/);
    expect(await fail('/other', 2)).toMatch(/^CONNECT_FAILED /);
    expect(asked).toHaveLength(1);
  });

  it('at most six fetches from one origin are in flight, and waiting ones follow', async () => {
    const open: (() => void)[] = [];
    const server = await site({
      '/wait': (request, response) =>
        void open.push(() => respondWith('text/plain', 'ok')(request, response)),
    });
    const { get } = from(server.origin);
    const all = Array.from({ length: 9 }, (_, i) =>
      get(`/wait?${i}`, i + 1, [server.origin], i % 2 === 0 ? 'a' : 'b'),
    );
    await expect.poll(() => open.length).toBe(6);
    for (let done = 0; done < 9; done++) {
      await expect.poll(() => open.length > 0).toBe(true);
      expect(server.openRequests).toBeLessThanOrEqual(6);
      open.shift()!();
    }
    expect(await Promise.all(all)).toEqual(Array.from({ length: 9 }, () => 'ok'));
  });
});
