import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStaticFiles } from './static-files.js';

const FRAME_CSP = `default-src 'none'; sandbox allow-scripts`;
const RULES = [
  { path: '/*', headers: { 'X-Content-Type-Options': 'nosniff', 'Cache-Control': 'no-cache' } },
  { path: '/', headers: { 'Content-Security-Policy': `default-src 'none'` } },
  { path: '/sandbox/frame.html', headers: { 'Content-Security-Policy': FRAME_CSP } },
  { path: '/assets/*', headers: { 'Cache-Control': 'immutable' } },
];
const ASSET = { path: '/assets/a.0123.js', sha256: '0123' };
const PACKAGED = { path: '/assets/pkg.json', sha256: '4567', package: 'semver', file: 'package.json' };

let folder: string;
const serving: Promise<void>[] = [];
let server: Server;
let port: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manyhands-static-'));
  const files = {
    'web/index.html': '<p>donate',
    'web/headers.json': JSON.stringify({ rules: RULES }),
    'web/sandbox/frame.html': '<p>frame',
    'web/sandbox/frame.js': 'frame()',
    'web/assets/a.0123.js': 'asset()',
    'web/assets/manifest.json': JSON.stringify({ assets: [ASSET, PACKAGED] }),
    'operator.token': 'secret',
  };
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  const served = (await openStaticFiles(join(folder, 'web')))!;
  server = createServer((incoming, response) => {
    const answered = served.serve(incoming.url!, incoming.method!, incoming, response);
    serving.push(answered.then((isKnown) => void (isKnown || response.writeHead(404).end())));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});
afterEach(async () => {
  // A client has the whole response slightly before the server sees it closed.
  await Promise.all(serving.splice(0));
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

async function ask(path: string, method = 'GET', headers: Record<string, string> = {}) {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ port, host: '127.0.0.1', method, path, headers }, resolve).on('error', reject).end();
  });
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
}

test('there is no server of static files when no page was built', async () => {
  expect(await openStaticFiles(join(folder, 'elsewhere'))).toBeUndefined();
});

test('the server of static files serves the page, its files, and a package’s file, each with its type and headers', async () => {
  const page = await ask('/');
  expect([page.status, page.body]).toEqual([200, '<p>donate']);
  expect(page.headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'content-length': '9',
    'content-security-policy': `default-src 'none'`,
    'x-content-type-options': 'nosniff',
  });
  const asset = await ask(ASSET.path);
  expect(asset.headers).toMatchObject({ etag: '"0123"', 'cache-control': 'immutable' });
  expect(JSON.parse((await ask(PACKAGED.path)).body)).toMatchObject({ name: 'semver' });
});

test.each(['GET', 'HEAD'])(
  'the server of static files serves the sandbox policy with %s for the frame only',
  async (method) => {
    const { status, headers, body } = await ask('/sandbox/frame.html', method);
    expect(status).toBe(200);
    expect(headers['content-security-policy']).toBe(FRAME_CSP);
    expect(headers['content-length']).toBe('8');
    expect(body).toBe(method === 'GET' ? '<p>frame' : '');
    expect((await ask('/sandbox/frame.js')).headers['content-security-policy']).toBeUndefined();
  },
);

test('the server of static files answers 304 for an unchanged asset, with the same headers and no body', async () => {
  const same = await ask(ASSET.path, 'GET', { 'if-none-match': '"0123"' });
  expect([same.status, same.body]).toEqual([304, '']);
  expect(same.headers).toMatchObject({ etag: '"0123"', 'x-content-type-options': 'nosniff' });
  expect((await ask(ASSET.path, 'GET', { 'if-none-match': '"other"' })).status).toBe(200);
});

test.each([
  '/headers.json',
  '/../operator.token',
  '/%2e%2e/operator.token',
  '/sandbox/../index.html',
  '/sandbox/%66rame.html',
  '//index.html',
  '/index.html/',
  '/constructor',
  '/assets',
  '/index.html%00',
])('the server of static files serves nothing at %s', async (path) => {
  expect((await ask(path)).status).toBe(404);
});
