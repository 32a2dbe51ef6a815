/**
 * A page of another origin that deploys: refused with one sentence that names the flag, and served where it is named.
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { build } from 'esbuild';
import { startScheduler } from 'manyhands/scheduler';
import type {} from './fixtures/deployer-page.js';

let origin: string;
let close: () => void;
test.beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('./fixtures/deployer-page.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    conditions: ['browser'],
  });
  const server = createServer((request, response) => {
    const isScript = request.url === '/page.js';
    response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html');
    response.end(
      isScript ? outputFiles[0]!.text : '<!doctype html><script type="module" src="/page.js"></script>',
    );
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  close = () => server.close().closeAllConnections();
});
test.afterAll(() => close());

test('a page of another origin can deploy only when the scheduler allows its origin', async ({ page }) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'manyhands-origins-'));
  let scheduler = await startScheduler({ port: 0, dataDir });
  const { port, url } = scheduler;
  await page.goto(origin);
  await page.waitForFunction(() => 'deployerPage' in window);
  const deploy = () => page.evaluate((at) => window.deployerPage(at), url);
  expect(await deploy()).toEqual({
    code: 'WEB_ORIGIN_REFUSED',
    message: expect.stringContaining(`start it with --allow-web-origin ${origin} `) as unknown,
  });
  await scheduler.close();
  scheduler = await startScheduler({ port, dataDir, allowWebOrigins: [origin] });
  expect(await deploy()).toEqual({ runStatus: 'cancelled' });
  await scheduler.close();
  await rm(dataDir, { recursive: true });
});
