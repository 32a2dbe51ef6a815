/**
 * The process of a headless browser with a profile of its own, which can connect to one local port only; and its memory
 * use.
 * @module
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deferred } from '../../../lib/deferred.js';

const STDERR_TAIL_LENGTH = 2_048;
/** Maximum semi-space of the young generation, MiB: the default of browsers without a heap limit. */
const YOUNG_MIB = 32;

const FLAGS = [
  '--headless=new', '--disable-gpu', '--no-first-run', '--no-default-browser-check', '--disable-extensions',
  '--disable-default-apps', '--disable-sync', '--disable-component-update', '--disable-background-networking',
  '--disable-domain-reliability', '--disable-breakpad', '--disable-quic', '--mute-audio', '--password-store=basic',
  '--use-mock-keychain', '--disable-dev-shm-usage', '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding', '--disable-backgrounding-occluded-windows',
  // No host name resolves, and the proxy for all other connections does not exist.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1', '--proxy-server=http://127.0.0.1:9',
  '--remote-debugging-pipe', '--force-webrtc-ip-handling-policy=disable_non_proxied_udp',
  // An event in the page when the process of a frame ends. Without it the page notices after up to 4 s.
  '--enable-blink-features=MessagePortCloseEvent',
]; // prettier-ignore

export interface BrowserOptions {
  path: string;
  url: string;
  /** The only port of 127.0.0.1 that it may connect to. */
  port: number;
  /** Maximum JavaScript heap of one process, MiB. */
  heapMiB: number;
}

export class Browser {
  /** Resolves with a sentence when the browser has ended, for whatever reason. */
  readonly gone: Promise<string>;
  readonly #child: ChildProcess;
  readonly #profile: string;
  readonly #onExit = (): void => {
    this.kill();
    rmSync(this.#profile, { recursive: true, force: true });
  };
  /** Known renderer processes. */
  readonly #renderers = new Set<number>();
  #stderrTail = '';

  private constructor(options: BrowserOptions, profile: string) {
    this.#profile = profile;
    this.#child = startBrowser(options, profile);
    process.once('exit', this.#onExit);
    for (const stream of this.#child.stdio) stream?.on('error', () => undefined);
    const gone = deferred<string>();
    this.gone = gone.promise;
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderrTail = (this.#stderrTail + text).slice(-STDERR_TAIL_LENGTH);
    });
    this.#child.once('error', (error) => gone.resolve(`The browser could not be started: ${error.message}`));
    this.#child.once('exit', (code, signal) => {
      this.kill();
      gone.resolve(`The browser ended with ${signal ?? `code ${code}`}. ${this.#stderrTail.trim()}`.trim());
    });
  }

  /** Rejects where the process or its profile cannot be created; nothing is left behind then. */
  static async open(options: BrowserOptions): Promise<Browser> {
    const profile = await mkdtemp(join(tmpdir(), 'manyhands-chromium-'));
    try {
      return new Browser(options, profile);
    } catch (error) {
      await rm(profile, { recursive: true, force: true });
      throw error;
    }
  }

  /** Process ids of its renderers, on Linux; elsewhere empty. */
  renderers(): number[] {
    const group = this.#child.pid;
    if (group === undefined || process.platform !== 'linux') return [];
    const found = readdirSync('/proc')
      .map(Number)
      .filter((pid) => pid > 0 && groupOf(pid) === group && this.#isRenderer(pid));
    for (const pid of this.#renderers) if (!found.includes(pid)) this.#renderers.delete(pid);
    return found;
  }

  /** Reading the command line of a process waits while it allocates or frees memory, so each is read only once. */
  #isRenderer(pid: number): boolean {
    if (!this.#renderers.has(pid) && isRenderer(pid)) this.#renderers.add(pid);
    return this.#renderers.has(pid);
  }

  /** Kills the whole process group. */
  kill(): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
    } catch {
      // The process has ended already.
    }
  }

  /** Kills the browser and removes its profile. */
  async close(): Promise<void> {
    this.kill();
    await this.gone;
    process.off('exit', this.#onExit);
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Whether the browser runs without its own sandbox, as it must as root. */
export function runsUnsandboxed(): boolean {
  return process.getuid?.() === 0;
}

function startBrowser({ path, url, port, heapMiB }: BrowserOptions, profile: string): ChildProcess {
  const args = [
    ...FLAGS,
    `--proxy-bypass-list=<-loopback>;127.0.0.1:${port}`,
    // With a heap limit V8 chooses a small young generation, which slows down short-lived allocations; so set its size too.
    `--js-flags=--max-old-space-size=${heapMiB},--max-semi-space-size=${YOUNG_MIB}`,
    `--user-data-dir=${join(profile, 'profile')}`,
    ...(runsUnsandboxed() ? ['--no-sandbox'] : []),
    url,
  ];
  const { PATH, LANG, SystemRoot, LOCALAPPDATA } = process.env;
  const wanted = { PATH, LANG, SystemRoot, LOCALAPPDATA, HOME: profile, TMPDIR: profile };
  const env = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
  return spawn(path, args, {
    cwd: profile,
    env,
    detached: process.platform !== 'win32',
    windowsHide: true,
    // The last two are the debugging pipe. It is not used, but the browser ends by itself when this process closes it.
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
  });
}

function groupOf(pid: number): number | undefined {
  try {
    // The program's name in parentheses may contain anything; after it come state, parent and group.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
  } catch {
    return undefined;
  }
}

function isRenderer(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('--type=renderer');
  } catch {
    return false;
  }
}
