import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemRandom } from '../../lib/crypto/random.js';
import { BLOB_TICKET_MS_MAX } from '../../protocol/limits.js';
import { VirtualClock } from '../../testing/virtual-clock.js';
import { BlobTickets, type BlobStore } from '../blobs/blob-store.js';
import { openFileBlobs } from '../blobs/file-blobs.js';
import { httpHandler } from './http.js';
import { WebOrigins } from './web-origins.js';

let folder: string;
let server: Server;
let port: number;
let clock: VirtualClock;
let tickets: BlobTickets;
let blobs: BlobStore;
/** All content streams that were opened for a response. */
let opened: Readable[];
let complaints: unknown[];
let health: { ok: boolean; workers: number };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manyhands-http-'));
  clock = new VirtualClock();
  health = { ok: true, workers: 3 };
  tickets = new BlobTickets(clock, systemRandom);
  opened = [];
  complaints = [];
  const files = await openFileBlobs(folder, systemRandom);
  blobs = {
    ...files,
    get: async (digest) => {
      const found = await files.get(digest);
      if (found !== undefined) opened.push(found.content as Readable);
      return found;
    },
  };
  const log = (...line: unknown[]): void => void complaints.push(line);
  const web = new WebOrigins({
    allowWebOrigins: ['https://app.example'],
    publicUrls: ['https://grid.example/'],
    sandboxOrigins: [],
    isSecure: false,
  });
  server = createServer(
    httpHandler({
      blobs,
      tickets,
      files: undefined,
      health: () => health,
      readiness: () => ({ ready: health.ok }),
      log,
      web,
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

const digestOf = (content: string): string => createHash('sha256').update(content).digest('hex');

interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: string;
}

async function ask(
  method: string,
  path: string,
  options: { ticket?: string; body?: string; host?: string; origin?: string } = {},
): Promise<Answer> {
  const { ticket, body, host, origin } = options;
  const headers = {
    ...(ticket !== undefined && { authorization: `Bearer ${ticket}` }),
    ...(host !== undefined && { host }),
    ...(origin !== undefined && { origin }),
  };
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ port, host: '127.0.0.1', method, path, headers }, resolve).on('error', reject).end(body);
  });
  return { status: answer.statusCode!, headers: answer.headers, body: await text(answer) };
}

async function put(content: string, announced = content.length): Promise<Answer> {
  const digest = digestOf(content);
  return ask('PUT', `/blobs/${digest}`, { ticket: tickets.issue(digest, announced), body: content });
}

test('the web server serves its health', async () => {
  const { status, body } = await ask('GET', '/healthz');
  expect(status).toBe(200);
  expect(JSON.parse(body)).toMatchObject({ ok: true, workers: 3 });
  expect((await ask('GET', '/readyz')).status).toBe(200);
});

test('the web server answers 503 when it is unhealthy or not ready', async () => {
  health.ok = false;
  for (const path of ['/healthz', '/readyz']) expect((await ask('GET', path)).status).toBe(503);
});

test('the web server refuses a blob when the disk is full, and keeps none of its bytes', async () => {
  const { put: keep } = blobs;
  blobs.put = (digest, bytes) => keep(digest, bytes, fullDisk());
  const { status, body } = await put('hello');
  expect([status, body]).toEqual([507, expect.stringContaining('STORE_FULL')]);
  expect(await readdir(join(folder, 'parts'))).toEqual([]);
  blobs.put = keep;
  expect((await put('hello')).status).toBe(201);
});

/** The error of a write to a full disk. */
async function* fullDisk(): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(new Uint8Array(2));
  throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
}

test('the web server stores a blob with its ticket and serves it to anyone, immutable and never as executable content', async () => {
  expect((await put('hello')).status).toBe(201);
  const { status, headers, body } = await ask('GET', `/blobs/${digestOf('hello')}`);
  expect([status, body]).toEqual([200, 'hello']);
  expect(headers).toMatchObject({
    'content-type': 'application/octet-stream',
    'content-length': '5',
    'cache-control': 'public, max-age=31536000, immutable',
    'x-content-type-options': 'nosniff',
    'content-security-policy': `default-src 'none'; sandbox`,
    'cross-origin-resource-policy': 'same-origin',
  });
  expect(headers).not.toHaveProperty('access-control-allow-origin');
});

test('the web server serves blobs to pages of its own and of allowed origins only', async () => {
  await put('hello');
  const path = `/blobs/${digestOf('hello')}`;
  for (const origin of ['https://app.example', 'https://grid.example', `http://127.0.0.1:${port}`]) {
    const answer = await ask('GET', path, { origin });
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([200, origin]);
    expect((await ask('OPTIONS', path, { origin })).headers['access-control-allow-headers']).toContain(
      'Authorization',
    );
  }
  for (const origin of ['https://evil.example', 'null', 'http://127.0.0.1:1', 'http://app.example']) {
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT']) {
      const { status, headers, body } = await ask(method, path, { origin });
      expect([method, status]).toEqual([method, 403]);
      expect(headers).not.toHaveProperty('access-control-allow-origin');
      if (method === 'GET') expect(body).toContain('--allow-web-origin');
    }
  }
});

test('the web server refuses requests with an unknown host name', async () => {
  await put('hello');
  for (const host of [
    'evil.example',
    'evil.example:8462',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
  ]) {
    for (const path of ['/healthz', `/blobs/${digestOf('hello')}`, '/']) {
      const { status, body } = await ask('GET', path, { host });
      expect([path, status]).toEqual([path, 421]);
      expect(JSON.parse(body)).toMatchObject({ error: { code: 'HOST_REFUSED', info: { host } } });
    }
  }
  for (const host of [
    'localhost:1',
    'box1.localhost',
    '192.168.1.5',
    '[::1]:8462',
    '[fe80::1]',
    'grid.example',
  ])
    expect((await ask('GET', '/healthz', { host })).status).toBe(200);
});

test('the web server answers HEAD like GET, and leaves no file open', async () => {
  await put('hello');
  const path = `/blobs/${digestOf('hello')}`;
  const [head, get] = [await ask('HEAD', path), await ask('GET', path)];
  for (const name of ['content-length', 'content-type', 'content-security-policy', 'cache-control'])
    expect(head.headers[name]).toBe(get.headers[name]);
  expect([head.status, head.body]).toEqual([200, '']);
  expect((await ask('HEAD', `/blobs/${'0'.repeat(64)}`)).status).toBe(404);
  expect(opened.map((content) => content.destroyed)).toEqual(opened.map(() => true));
});

test('the web server leaves no file open when the client disconnects during a response', async () => {
  const content = 'x'.repeat(20_000_000);
  await put(content);
  const socket = connect(port, '127.0.0.1');
  socket.write(`GET /blobs/${digestOf(content)} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  await new Promise((resolve) => socket.once('data', resolve));
  const closed = new Promise((resolve) => opened[0]!.once('close', resolve));
  socket.destroy();
  await closed;
});

test('the web server refuses a blob without a ticket, or with one that is forged, expired or for another blob', async () => {
  const digest = digestOf('hello');
  const path = `/blobs/${digest}`;
  const body = 'hello';
  expect((await ask('PUT', path, { body })).status).toBe(403);
  expect((await ask('PUT', path, { body, ticket: tickets.issue(digestOf('other'), 5) })).status).toBe(403);
  expect((await ask('PUT', path, { body, ticket: 'x'.repeat(22) })).status).toBe(403);
  const old = tickets.issue(digest, 5);
  expect((await ask('PUT', path, { body, ticket: `${old}0` })).status).toBe(403);
  clock.after(BLOB_TICKET_MS_MAX + 1, () => undefined);
  await clock.run();
  expect((await ask('PUT', path, { body, ticket: old })).status).toBe(403);
  expect((await ask('GET', path)).status).toBe(404);
});

test('the web server issues any number of tickets, so that no client can exhaust them', () => {
  for (let i = 0; i < 120_000; i++) tickets.issue('a'.repeat(64), 5);
  expect(tickets.verify(tickets.issue('b'.repeat(64), 5), 'b'.repeat(64))).toEqual({ bytes: 5 });
});

test.each([
  ['longer', 'hello', 4],
  ['shorter', 'hello', 6],
])('the web server refuses a blob that is %s than announced', async (_, content, announced) => {
  const { status, body } = await put(content, announced);
  expect(status).toBe(422);
  expect(JSON.parse(body)).toMatchObject({ error: { code: 'BLOB_MISMATCH' } });
  expect(await readdir(join(folder, 'parts'))).toEqual([]);
});

test('the web server refuses bytes that do not match the digest', async () => {
  const digest = digestOf('hello');
  const answer = await ask('PUT', `/blobs/${digest}`, { ticket: tickets.issue(digest, 5), body: 'jello' });
  expect(answer.status).toBe(422);
  expect(await blobs.size(digest)).toBeUndefined();
});

test('the web server keeps no bytes of an aborted upload', async () => {
  const digest = digestOf('hello');
  const socket = connect(port, '127.0.0.1');
  const ticket = tickets.issue(digest, 5);
  socket.write(
    `PUT /blobs/${digest} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${ticket}\r\nContent-Length: 5\r\n\r\nhel`,
  );
  while ((await readdir(join(folder, 'parts'))).length === 0) await new Promise((r) => setImmediate(r));
  socket.destroy();
  while ((await readdir(join(folder, 'parts'))).length > 0) await new Promise((r) => setImmediate(r));
  expect(await blobs.size(digest)).toBeUndefined();
});

test.each([
  ['GET', '/', 404],
  ['GET', '/blobs/abc', 400],
  ['GET', `/blobs/${'A'.repeat(64)}`, 400],
  ['GET', '/blobs/../parts', 400],
  ['GET', '/blobs/..%2f..%2foperator.token', 400],
  ['DELETE', `/blobs/${'0'.repeat(64)}`, 405],
  ['POST', '/', 404],
  ['OPTIONS', `/blobs/${'0'.repeat(64)}`, 204],
])('the web server answers %s %s with %i', async (method, path, status) => {
  expect((await ask(method, path)).status).toBe(status);
  expect(complaints).toEqual([]);
});
