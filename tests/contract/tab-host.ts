/**
 * The sandboxes of a page in a real Chromium, in the frame that donors run them in, with the headers it is served with, as a host
 * of this process.
 * @module
 */
import { chromium, type Page } from '@playwright/test';
import { build } from 'esbuild';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { findChromium } from '../../scripts/find-chromium.mjs';
import type { SupervisorToSandbox } from '../../src/protocol/messages/sandbox-messages.js';
import type { Sandbox, SandboxHandlers, SandboxHost } from '../../src/worker/hosts/port/sandbox-host.js';
import { describeWorktime } from '../../src/worktimes/registry.js';
import { startWebServer } from '../e2e/fixtures/web-server.js';
import type {} from './worktime-browser-page.js';
import { fromText, toText } from './worktime-browser-text.js';

const FLAGS = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];

/** Starts a browser with one page; closing the host ends both. */
export async function openTabHost(): Promise<SandboxHost> {
  const script = fileURLToPath(new URL('../../dist/sandbox/browser-sandbox.js', import.meta.url));
  const server = await startWebServer({
    'index.html': '<!doctype html><title>Worktimes</title><script type="module" src="/test.js"></script>',
    'test.js': await bundlePage(),
    'browser-sandbox.js': await readFile(script, 'utf8'),
  });
  const browser = await chromium.launch({
    executablePath: findChromium(),
    chromiumSandbox: false,
    args: FLAGS,
  });
  return TabHost.open(await browser.newPage(), server.url, async () => {
    await browser.close();
    await server.close();
  });
}

class TabHost implements SandboxHost {
  readonly isolation = 'browser';
  readonly #page: Page;
  readonly #handlers = new Map<number, SandboxHandlers>();
  readonly #early = new Map<number, [kind: string, text: string][]>();

  readonly #end: () => Promise<void>;

  private constructor(page: Page, end: () => Promise<void>) {
    this.#page = page;
    this.#end = end;
  }

  static async open(page: Page, url: string, end: () => Promise<void>): Promise<TabHost> {
    const opened = new TabHost(page, end);
    await page.exposeFunction('heard', (id: number, kind: string, text: string) =>
      opened.#heard(id, kind, text),
    );
    await page.goto(url);
    await page.waitForFunction(() => 'worktimePage' in window);
    return opened;
  }

  async start(owner: string, handlers: SandboxHandlers): Promise<Sandbox> {
    const id = await this.#page.evaluate((name) => window.worktimePage.start(name), owner);
    this.#handlers.set(id, handlers);
    for (const [kind, text] of this.#early.get(id) ?? []) this.#heard(id, kind, text);
    return {
      send: (message) => {
        const call = [id, toText(message), assetPaths(worktimeOf(message))] as const;
        this.#page
          .evaluate((args) => window.worktimePage.send(...args), call)
          .catch((error: unknown) => {
            handlers.exit(String(error));
          });
      },
      kill: () => {
        this.#page
          .evaluate((at) => window.worktimePage.kill(at), id)
          .catch((error: unknown) => {
            if (!this.#page.isClosed()) handlers.exit(String(error));
          });
      },
    };
  }

  close(): Promise<void> {
    return this.#end();
  }

  #heard(id: number, kind: string, text: string): void {
    const handlers = this.#handlers.get(id);
    if (handlers === undefined) this.#early.set(id, [...(this.#early.get(id) ?? []), [kind, text]]);
    else if (kind === 'exit') handlers.exit(text);
    else handlers.message(fromText(text));
  }
}

/** Of a message that needs the files of one. */
function worktimeOf(message: SupervisorToSandbox): string | undefined {
  if (message.type === 'assign') return message.assignment.worktime.name;
  return message.type === 'warm' || message.type === 'make-snapshot' ? message.worktime.name : undefined;
}

/** Where the scheduler serves the files of a worktime, by name. */
function assetPaths(worktime: string | undefined): Record<string, string> {
  const { assets, version } = describeWorktime(worktime ?? '') ?? {};
  const paths = assets?.files.map((name) => [name, `/assets/${assets.package}/${version}/${name}`]);
  return Object.fromEntries(paths ?? []) as Record<string, string>;
}

async function bundlePage(): Promise<string> {
  const result = await build({
    entryPoints: [fileURLToPath(new URL('./worktime-browser-page.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
  });
  return result.outputFiles[0]!.text;
}
