/**
 * What the frame tests share: a page that holds a frame host, and sandbox scripts that do what a test tells them.
 * @module
 */
import { test as base, type Page } from '@playwright/test';
import { build } from 'esbuild';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type {} from './frame-page.js';
import { startListener, type Listener } from './listener.js';
import { startWebServer, WEB, type WebServer } from './web-server.js';

/** Runs the code that it is sent, as job code at its worst could, and answers with what came of it. */
const OBEDIENT = `self.onmessage = ({ ports: [port] }) => {
  self.port = port;
  port.onmessage = async ({ data }) => {
    try {
      port.postMessage({ value: await (0, eval)('(async () => {' + data.code + '})()') });
    } catch (error) {
      port.postMessage({ error: String(error) });
    }
  };
};`;

export interface FrameRig {
  page: Page;
  server: WebServer;
  /** A server on another port, which nothing in a sandbox may reach. */
  stranger: Listener;
  /** Opens a host; `frame` and `script` are paths. */
  open(options?: {
    frame?: string;
    otherFrameUrls?: string[];
    script?: string;
    idleMs?: number;
    keepReady?: boolean;
    scriptDigest?: string;
  }): Promise<void>;
  start(owner?: string): Promise<number>;
  /** Has a sandbox run `code` and gives its answer. */
  run(index: number, code: string): Promise<{ value?: unknown; error?: string }>;
  exits(index: number): Promise<string[]>;
}

export const test = base.extend<{ rig: FrameRig }>({
  rig: async ({ page }, use) => {
    const stranger = await startListener();
    const server = await startWebServer({
      'index.html': '<!doctype html><title>Frame test</title><script type="module" src="/test.js"></script>',
      'test.js': await bundle(),
      // No policy: it may put up frames of any site.
      'free.html': '<!doctype html><title>Frame test</title><script type="module" src="/test.js"></script>',
      'obedient.js': OBEDIENT,
      'broken.js': 'throw new Error("broken from the start");',
      // Its policy is that of the frame but for one word.
      'open.html': await readFile(join(WEB, 'sandbox', 'frame.html'), 'utf8'),
      'headers.json': await headersWithOpenFrame(),
      // No rule of headers.json is for this path, so it comes without a policy.
      'bare.html': await readFile(join(WEB, 'sandbox', 'frame.html'), 'utf8'),
    });
    await page.goto(server.url);
    await use({ page, server, stranger, ...actions(page) });
    await page.close();
    await server.close();
    await stranger.close();
  },
});

function actions(page: Page): Pick<FrameRig, 'open' | 'start' | 'run' | 'exits'> {
  return {
    open: ({ frame = '/sandbox/frame.html', script = '/obedient.js', ...rest } = {}) =>
      page.evaluate((options) => window.framePage.open(options), {
        frameUrl: frame,
        scriptUrl: script,
        ...rest,
      }),
    start: (owner = 'owner') => page.evaluate((name) => window.framePage.start(name), owner),
    exits: (index) => page.evaluate((at) => window.framePage.exits(at), index),
    async run(index, code) {
      const before = await page.evaluate((at) => window.framePage.messages(at).length, index);
      await page.evaluate(([at, text]) => window.framePage.send(at, { code: text }), [index, code] as const);
      await page.waitForFunction(([at, n]) => window.framePage.messages(at).length > n, [
        index,
        before,
      ] as const);
      return page.evaluate(([at, n]) => window.framePage.messages(at)[n] as object, [index, before] as const);
    },
  };
}

async function headersWithOpenFrame(): Promise<string> {
  const { rules } = JSON.parse(await readFile(join(WEB, 'headers.json'), 'utf8')) as {
    rules: { path: string; headers: Record<string, string> }[];
  };
  const closed = rules.find(({ path }) => path === '/sandbox/frame.html')!.headers[
    'Content-Security-Policy'
  ]!;
  const open = closed.replace("connect-src 'none'", 'connect-src *');
  return JSON.stringify({
    rules: [...rules, { path: '/open.html', headers: { 'Content-Security-Policy': open } }],
  });
}

async function bundle(): Promise<string> {
  const result = await build({
    entryPoints: [fileURLToPath(new URL('./frame-page.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
  });
  return result.outputFiles[0]!.text;
}
