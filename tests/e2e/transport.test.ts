/**
 * The transport of a page in a real Chromium, against the acceptor of Node.
 * @module
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, test as base } from '@playwright/test';
import { build } from 'esbuild';
import type { CloseInfo, Connection } from '../../src/transport/transport.js';
import { acceptNode } from '../../src/transport/ws-node.js';
import type {} from './fixtures/socket-page.js';

interface Accepted {
  connection: Connection;
  lengths: number[];
  closes: CloseInfo[];
}

interface Fixture {
  url: string;
  accepted: Accepted[];
}

const test = base.extend<{ fixture: Fixture }>({
  fixture: async ({ page }, use) => {
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(new URL('./fixtures/socket-page.ts', import.meta.url))],
      bundle: true,
      write: false,
      format: 'esm',
      target: 'es2022',
    });
    const server = createServer((request, response) => {
      const isScript = request.url === '/page.js';
      response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html');
      response.end(
        isScript ? outputFiles[0]!.text : '<!doctype html><script type="module" src="/page.js"></script>',
      );
    });
    const accepted: Accepted[] = [];
    const acceptor = acceptNode(server, '/socket', (connection) => {
      const entry: Accepted = { connection, lengths: [], closes: [] };
      connection.handle({
        message: (bytes) => entry.lengths.push(bytes.length),
        close: (info) => entry.closes.push(info),
      });
      accepted.push(entry);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await page.goto(`http://127.0.0.1:${port}/`);
    await page.waitForFunction(() => 'socketPage' in window);
    await use({ url: `ws://127.0.0.1:${port}/socket`, accepted });
    await page.close();
    await acceptor.close();
    server.close();
  },
});

test('the browser transport delivers messages in both directions and in order, and closes once at both ends', async ({
  page,
  fixture,
}) => {
  expect(await page.evaluate((url) => window.socketPage.connect(url), fixture.url)).toBe(0);
  await page.evaluate(() => window.socketPage.send(0, 3, 1_000_000));
  await expect.poll(() => fixture.accepted[0]?.lengths).toEqual([1_000_000, 1_000_000, 1_000_000]);
  const { connection, closes } = fixture.accepted[0]!;
  for (let i = 0; i < 5; i++) connection.send(new Uint8Array(i + 1).fill(i));
  await expect
    .poll(() => page.evaluate(() => window.socketPage.state(0).received))
    .toEqual([0, 1, 2, 3, 4].map((i) => [i + 1, i]));
  await page.evaluate(() => window.socketPage.close(0, 3001, 'done'));
  await expect.poll(() => closes).toEqual([{ code: 3001, reason: 'done' }]);
  await expect.poll(() => page.evaluate(() => window.socketPage.state(0).closes)).toHaveLength(1);
});

test('the browser transport reports a close by the server, and closes with a code that pages may not use', async ({
  page,
  fixture,
}) => {
  await page.evaluate((url) => window.socketPage.connect(url), fixture.url);
  await page.evaluate((url) => window.socketPage.connect(url), fixture.url);
  await expect.poll(() => fixture.accepted.length).toBe(2);
  fixture.accepted[0]!.connection.close(1002, 'that is not the protocol');
  await expect
    .poll(() => page.evaluate(() => window.socketPage.state(0).closes))
    .toEqual([{ code: 1002, reason: 'that is not the protocol' }]);
  await page.evaluate(() => window.socketPage.close(1, 1011, '✋'.repeat(100)));
  await expect.poll(() => fixture.accepted[1]!.closes.map(({ code }) => code)).toEqual([1000]);
});

test('the browser transport keeps messages while it is paused', async ({ page, fixture }) => {
  await page.evaluate((url) => window.socketPage.connect(url), fixture.url);
  await page.evaluate(() => window.socketPage.pause(0));
  const { connection } = fixture.accepted[0]!;
  connection.send(Uint8Array.of(7));
  connection.close(3000, 'bye');
  // A message of another connection arrives after it.
  await page.evaluate((url) => window.socketPage.connect(url), fixture.url);
  fixture.accepted[1]!.connection.send(Uint8Array.of(8));
  await expect.poll(() => page.evaluate(() => window.socketPage.state(1).received)).toHaveLength(1);
  expect(await page.evaluate(() => window.socketPage.state(0))).toMatchObject({ received: [], closes: [] });
  await page.evaluate(() => window.socketPage.resume(0));
  await expect
    .poll(() => page.evaluate(() => window.socketPage.state(0)))
    .toMatchObject({ received: [[1, 7]], closes: [{ code: 3000 }] });
});

test('the browser transport reports buffered bytes while the server does not read, and a drain afterwards', async ({
  page,
  fixture,
}) => {
  await page.evaluate((url) => window.socketPage.connect(url), fixture.url);
  await expect.poll(() => fixture.accepted.length).toBe(1);
  const { connection, lengths } = fixture.accepted[0]!;
  connection.pause();
  const buffered = await page.evaluate(() => window.socketPage.send(0, 32, 1_000_000));
  expect(buffered).toBeGreaterThan(8_000_000);
  expect(await page.evaluate(() => window.socketPage.state(0).drains)).toBe(0);
  connection.resume();
  await expect.poll(() => page.evaluate(() => window.socketPage.state(0).drains)).toBe(1);
  await expect.poll(() => lengths.length).toBe(32);
});

test('the browser transport rejects with advice when nothing listens, when the URL is invalid, and when it is aborted', async ({
  page,
  fixture,
}) => {
  const connect = (url: string, giveUp?: boolean) =>
    page.evaluate(([to, abort]) => window.socketPage.connect(to, abort), [url, giveUp] as const);
  expect(await connect(fixture.url.replace('/socket', '/nowhere'))).toMatch(
    /^CONNECT_FAILED: .*npx manyhands scheduler/,
  );
  expect(await connect('ftp://nowhere/')).toMatch(/^CONNECT_FAILED: .*not the URL of a WebSocket/);
  expect(await connect(fixture.url, true)).toMatch(/^CONNECT_FAILED: .*aborted/);
});
