/**
 * The wallet and JobFS in a real page: IndexedDB keeps keystores over reloads and between tabs, a page without it
 * does with memory, and a page packs the same bundles as Node.
 * @module
 */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@playwright/test';
import { build } from 'esbuild';
import vector from '../vectors/jobfs.json' with { type: 'json' };
import { recoverChallenge } from '../../src/wallet/session-proof.js';

const PROOF = { schedulerId: 'aa'.repeat(32), challenge: 'bb'.repeat(32) };
const PROGRAM = `
  import { wallet } from './src/entry/wallet.browser.js';
  import { JobFS } from './src/entry/jobfs.browser.js';
  import { signChallenge } from './src/wallet/session-proof.js';
  Object.assign(globalThis, { wallet, JobFS, signChallenge });
  globalThis.identify = async () => {
    const id = await wallet.getId();
    return { address: id.address, signature: await signChallenge(id, ${JSON.stringify(PROOF)}), labels: await wallet.list() };
  };
  parent.postMessage('ready', '*');`;
/** A frame of an opaque origin, which sends its identity or its error to the page. */
const FRAMED = `<script type="module">
  await import('/program.js');
  identify().then((id) => parent.postMessage(id, '*'), (error) => parent.postMessage(String(error), '*'));
</script>`;

interface Identity {
  address: string;
  signature: string;
  labels: string[];
}

let server: Server;
let url: string;

test.beforeAll(async () => {
  const { outputFiles } = await build({
    stdin: { contents: PROGRAM, resolveDir: process.cwd() },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    logLevel: 'error',
  });
  const files: Record<string, [type: string, text: string]> = {
    '/': ['text/html', '<script type="module" src="/program.js"></script>'],
    '/framed': ['text/html', FRAMED],
    '/program.js': ['text/javascript', outputFiles[0]!.text],
  };
  server = createServer((request, response) => {
    const [type, text] = files[request.url ?? ''] ?? ['text/plain', ''];
    response.writeHead(200, { 'content-type': type, 'access-control-allow-origin': '*' }).end(text);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});

test.afterAll(() => {
  server.close();
  server.closeAllConnections();
});

const identify = (): Promise<Identity> =>
  (globalThis as unknown as { identify(): Promise<Identity> }).identify();
const ready = (): boolean => 'identify' in globalThis;

test('an identity is created once, signs, and persists after a reload and in other tabs', async ({
  context,
}) => {
  const pages = await Promise.all([1, 2, 3].map(() => context.newPage()));
  await Promise.all(pages.map((page) => page.goto(url)));
  await Promise.all(pages.map((page) => page.waitForFunction(ready)));
  const found = await Promise.all(pages.map((page) => page.evaluate(identify)));
  const [first] = found;
  expect(first!.labels).toEqual(['id']);
  expect(new Set(found.map(({ address }) => address)).size).toBe(1);
  expect(await recoverChallenge({ ...PROOF, signature: first!.signature })).toBe(first!.address);
  await pages[0]!.reload();
  await pages[0]!.waitForFunction(ready);
  expect((await pages[0]!.evaluate(identify)).address).toBe(first!.address);
});

test('a page whose storage is full gets a coded error, and its identity once there is room', async ({
  page,
  context,
}) => {
  await page.goto(url);
  await page.waitForFunction(ready);
  const browser = await context.newCDPSession(page);
  await browser.send('Storage.overrideQuotaForOrigin', { origin: new URL(url).origin, quotaSize: 1 });
  const refused = await page.evaluate(() =>
    (globalThis as unknown as { identify(): Promise<unknown> }).identify().then(
      () => undefined,
      ({ code, message, info }: { code: string; message: string; info: object }) => ({ code, message, info }),
    ),
  );
  expect(refused).toMatchObject({
    code: 'STORE_UNUSABLE',
    message: expect.stringContaining('no room'),
    info: { reason: 'QuotaExceededError', database: 'manyhands-keystores' },
  });
  await browser.send('Storage.overrideQuotaForOrigin', { origin: new URL(url).origin });
  expect((await page.evaluate(identify)).labels).toEqual(['id']);
});

test('a page of an opaque origin has a wallet in memory', async ({ page }) => {
  await page.goto(url);
  const identity = await page.evaluate(
    () =>
      new Promise<unknown>((resolve) => {
        addEventListener('message', ({ data }) => {
          if (data !== 'ready') resolve(data);
        });
        const frame = document.createElement('iframe');
        frame.sandbox.add('allow-scripts');
        frame.src = '/framed';
        document.body.append(frame);
      }),
  );
  expect(identity).toMatchObject({
    address: expect.stringMatching(/^0x[0-9a-f]{40}$/),
    labels: ['id'],
  });
});

test('a page packs the same bundle as Node', async ({ page }) => {
  await page.goto(url);
  await page.waitForFunction(ready);
  const packed = await page.evaluate(async ({ files, repeated, directory }) => {
    interface Fs {
      add(source: Blob | Uint8Array, destination: string): Promise<unknown>;
      mkdir(path: string): void;
      pack(): Promise<{ bytes: Uint8Array; digest: string }>;
    }
    const { JobFS } = globalThis as unknown as { JobFS: new () => Fs };
    const fs = new JobFS();
    for (const [path, text] of Object.entries(files)) void fs.add(new Blob([text]), path);
    void fs.add(new TextEncoder().encode(repeated.text.repeat(repeated.times)), repeated.path);
    fs.mkdir(directory);
    const { bytes, digest } = await fs.pack();
    return { bytes: bytes.length, digest };
  }, vector);
  expect(packed).toEqual({ bytes: vector.bytes, digest: vector.digest });
});
