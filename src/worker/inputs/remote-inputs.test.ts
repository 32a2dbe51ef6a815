import { afterEach, describe, expect, it } from 'vitest';
import { systemClock, type Clock } from '../../lib/clock.js';
import { deferred } from '../../lib/deferred.js';
import { isError } from '../../lib/errors.js';
import { REMOTE_BYTES_MAX } from '../../protocol/limits.js';
import { decodeValue } from '../../protocol/values/values.js';
import { gives, serveData, type Answer, type DataServer } from '../../testing/data-server.js';
import { RemoteInputs } from './remote-inputs.js';

const LEASE = 'a lease';
const servers: DataServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function site(paths: Record<string, Answer>): Promise<DataServer> {
  const server = await serveData(paths);
  servers.push(server);
  return server;
}

/** Pauses are over at once, and limits when the test says so. */
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

/** A worker's fetches: from that site, by Node's own `fetch`. */
function from(origin: string, clock: Clock = systemClock) {
  const allowed = [origin];
  const options: (RequestInit | undefined)[] = [];
  const remotes = new RemoteInputs({
    fetch: (input, init) => {
      options.push(init);
      return fetch(input, init);
    },
    clock,
    allowed: () => allowed,
  });
  const get = (path: string, slice = 1, origins = [origin], jobId = 'a'): Promise<unknown> =>
    remotes
      .get(LEASE, { slice, url: path.startsWith('/') ? origin + path : path }, { jobId, origins })
      .then(decodeValue);
  /** The code and text that it fails with. */
  const fail = (path: string, slice?: number, origins?: string[]): Promise<string> =>
    get(path, slice, origins).then(
      (value) => `gave ${String(value)}`,
      (error: unknown) => (isError(error) ? `${error.code} ${error.message}` : String(error)),
    );
  return { allowed, remotes, get, fail, options };
}

describe('what an address stands for', () => {
  it('is text, a value or bytes, as its type says', async () => {
    const { origin, asked } = await site({
      '/text': gives('text/csv', 'ä,b'),
      '/json': gives('application/geo+json; charset=utf-8', '{"__proto__":1,"a":[null]}'),
      '/bytes': gives('application/octet-stream', new Uint8Array([1, 2])),
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
    // What a browser would tell of its user, or keep for the site, Node has nothing of.
    for (const { signal: _signal, ...given } of options as RequestInit[])
      expect(given).toEqual({
        mode: 'cors',
        credentials: 'omit',
        redirect: 'manual',
        referrerPolicy: 'no-referrer',
        cache: 'no-store',
      });
  });

  it('is refused where it is not what it says, without a second try', async () => {
    const { origin, asked } = await site({
      '/json': gives('application/json', '{'),
      '/text': gives('text/plain', new Uint8Array([0xff])),
      '/deep': gives('application/json', '['.repeat(2_000) + ']'.repeat(2_000)),
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
    const { origin, asked } = await site({
      '/a': (_request, response) =>
        void response.writeHead(status, { 'content-type': 'text/plain' }).end(status === 204 ? '' : 'a part'),
    });
    expect(await from(origin).fail('/a')).toMatch(new RegExp(`^FETCH_FAILED .*answered with ${status}`));
    expect(asked).toHaveLength(1);
  });
});

describe('who may be asked', () => {
  it('is of the origins that the job named and the owner of the machine allows, or is never asked', async () => {
    const here = await site({ '/a': gives('text/plain', 'a') });
    const other = await site({ '/a': gives('text/plain', 'b') });
    const { fail, allowed } = from(here.origin);
    expect(await fail(`${other.origin}/a`)).toMatch(/^ORIGIN_NOT_ALLOWED /);
    expect(await fail(`${other.origin}/a`, 1, [here.origin, other.origin])).toMatch(/^FORBIDDEN /);
    // Written otherwise than `URL.href` does: what the scheduler took for one origin must not be another.
    expect(await fail(`${here.origin}/../a`)).toMatch(/^ORIGIN_NOT_ALLOWED /);
    allowed.pop();
    expect(await fail('/a')).toMatch(/^FORBIDDEN /);
    expect([...here.asked, ...other.asked]).toEqual([]);
  });

  it('is not who it sends on to', async () => {
    const other = await site({ '/a': gives('text/plain', 'b') });
    const { origin } = await site({
      '/away': (_request, response) => void response.writeHead(302, { location: `${other.origin}/a` }).end(),
    });
    const { fail } = from(origin, eager());
    expect(await fail('/away')).toMatch(
      /^FETCH_FAILED .*could not be fetched: it leads elsewhere, and redirects are not followed/,
    );
    expect(other.asked).toEqual([]);
  });
});

describe('how long and how much', () => {
  it('what passes is tried three times', async () => {
    let left = 2;
    const { origin, asked } = await site({
      '/busy': (request, response) =>
        left-- > 0 ? void response.writeHead(503).end() : gives('text/plain', 'now')(request, response),
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

  it('an endless body is read to the bound and no further', async () => {
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

  it('a server that does not go on is left after a minute', async () => {
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
    await expect.poll(() => server.open).toBe(0);
  });

  it('a server that does not begin is left after 15 seconds', async () => {
    const clock = eager();
    const asked = deferred();
    const server = await site({ '/slow': () => asked.resolve() });
    const failed = from(server.origin, clock).fail('/slow');
    await asked.promise;
    clock.late(15_000);
    expect(await failed).toMatch(/^FETCH_FAILED .*did not begin for more than 15 s/);
    await expect.poll(() => server.open).toBe(0);
  });

  it('a server that wants to be left alone is, and it costs no slice anything', async () => {
    const { origin, asked } = await site({
      '/busy': (_request, response) => void response.writeHead(503, { 'retry-after': '60' }).end(),
    });
    const { fail } = from(origin, eager());
    expect(await fail('/busy')).toMatch(/^CONNECT_FAILED .*left alone.* for 60 s/);
    expect(await fail('/other', 2)).toMatch(/^CONNECT_FAILED /);
    expect(asked).toHaveLength(1);
  });

  it('asks one site for six at once, and whoever waits has a turn', async () => {
    const open: (() => void)[] = [];
    const server = await site({
      '/wait': (request, response) => void open.push(() => gives('text/plain', 'ok')(request, response)),
    });
    const { get } = from(server.origin);
    const all = Array.from({ length: 9 }, (_, i) =>
      get(`/wait?${i}`, i + 1, [server.origin], i % 2 === 0 ? 'a' : 'b'),
    );
    await expect.poll(() => open.length).toBe(6);
    for (let done = 0; done < 9; done++) {
      await expect.poll(() => open.length > 0).toBe(true);
      expect(server.open).toBeLessThanOrEqual(6);
      open.shift()!();
    }
    expect(await Promise.all(all)).toEqual(Array.from({ length: 9 }, () => 'ok'));
  });
});

describe('what is not wanted any more', () => {
  it('is broken off, on its way and in the queue; what is before it goes on', async () => {
    const open: (() => void)[] = [];
    const server = await site({
      '/wait': (request, response) => void open.push(() => gives('text/plain', 'ok')(request, response)),
    });
    const { remotes, get, fail } = from(server.origin);
    const first = get('/wait', 1);
    const others = [2, 3, 4, 5, 6, 7, 8].map((slice) => fail(`/wait?${slice}`, slice));
    await expect.poll(() => open.length).toBe(4);
    remotes.drop(LEASE, 2);
    expect(new Set(await Promise.all(others))).toEqual(
      new Set(['ABORTED The slice is not wanted any more.']),
    );
    await expect.poll(() => server.open).toBe(1);
    expect(server.asked).toHaveLength(4);
    open[0]!();
    expect(await first).toBe('ok');
  });

  it('is not asked for where that is known at once', async () => {
    const server = await site({ '/wait': () => undefined });
    const { remotes, fail } = from(server.origin);
    remotes.prefetch(
      LEASE,
      { slice: 2, url: `${server.origin}/wait` },
      { jobId: 'a', origins: [server.origin] },
    );
    const failed = fail('/wait', 1);
    remotes.drop(LEASE);
    expect(await failed).toBe('ABORTED The slice is not wanted any more.');
    // One that is asked afterwards has its turn, and is the only one.
    void fail('/wait?later', 3);
    await expect.poll(() => server.asked.map(({ path }) => path)).toEqual(['/wait?later']);
    remotes.drop(LEASE);
    await expect.poll(() => server.open).toBe(0);
  });
});
