/**
 * A browser without a window, with a profile that nobody else uses, that can reach one port of this machine and
 * nothing else; and what it takes of memory.
 * @module
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deferred } from '../../../lib/deferred.js';

const LAST_WORDS_LENGTH = 2_048;
/** Half of the space for young objects at most, MiB; as browsers have it without a bound of the heap. */
const YOUNG_MIB = 32;

const FLAGS = [
  '--headless=new', '--disable-gpu', '--no-first-run', '--no-default-browser-check', '--disable-extensions',
  '--disable-default-apps', '--disable-sync', '--disable-component-update', '--disable-background-networking',
  '--disable-domain-reliability', '--disable-breakpad', '--disable-quic', '--mute-audio', '--password-store=basic',
  '--use-mock-keychain', '--disable-dev-shm-usage', '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding', '--disable-backgrounding-occluded-windows',
  // Whatever it wants to look up or to reach: no name is known, and the proxy for all else does not exist.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1', '--proxy-server=http://127.0.0.1:9',
  '--remote-debugging-pipe', '--force-webrtc-ip-handling-policy=disable_non_proxied_udp',
]; // prettier-ignore

export interface BrowserOptions {
  path: string;
  url: string;
  /** The one port of 127.0.0.1 that it may reach. */
  port: number;
  /** JavaScript heap of one process at most, MiB. */
  heapMiB: number;
}

export class Browser {
  /** Resolves with a sentence for people when it is gone, however it ended. */
  readonly gone: Promise<string>;
  readonly #child: ChildProcess;
  readonly #profile: string;
  readonly #onExit = (): void => {
    this.kill();
    rmSync(this.#profile, { recursive: true, force: true });
  };
  /** Those that were there last time. */
  readonly #renderers = new Set<number>();
  #lastWords = '';

  private constructor(options: BrowserOptions, profile: string) {
    this.#profile = profile;
    this.#child = startBrowser(options, profile);
    process.once('exit', this.#onExit);
    for (const stream of this.#child.stdio) stream?.on('error', () => undefined);
    const gone = deferred<string>();
    this.gone = gone.promise;
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-LAST_WORDS_LENGTH);
    });
    this.#child.once('error', (error) => gone.resolve(`The browser could not be started: ${error.message}`));
    this.#child.once('exit', (code, signal) => {
      this.kill();
      gone.resolve(`The browser ended with ${signal ?? `code ${code}`}. ${this.#lastWords.trim()}`.trim());
    });
  }

  /** Rejects where this system starts no process, or has no room for a profile; nothing is left behind then. */
  static async open(options: BrowserOptions): Promise<Browser> {
    const profile = await mkdtemp(join(tmpdir(), 'manyhands-chromium-'));
    try {
      return new Browser(options, profile);
    } catch (error) {
      await rm(profile, { recursive: true, force: true });
      throw error;
    }
  }

  /** Processes that run pages of it, where this system tells (Linux); none elsewhere. */
  renderers(): number[] {
    const group = this.#child.pid;
    if (group === undefined || process.platform !== 'linux') return [];
    const found = readdirSync('/proc')
      .map(Number)
      .filter((pid) => pid > 0 && groupOf(pid) === group && this.#isRenderer(pid));
    for (const pid of this.#renderers) if (!found.includes(pid)) this.#renderers.delete(pid);
    return found;
  }

  /** The command line of a process that takes or frees much memory is given out late: it is read once. */
  #isRenderer(pid: number): boolean {
    if (!this.#renderers.has(pid) && isRenderer(pid)) this.#renderers.add(pid);
    return this.#renderers.has(pid);
  }

  /** The whole group at once. */
  kill(): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
    } catch {
      // It is gone already.
    }
  }

  /** Kills it and removes what it wrote. */
  async close(): Promise<void> {
    this.kill();
    await this.gone;
    process.off('exit', this.#onExit);
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Whether a browser that is started here gives up its own sandbox, as it must for root. */
export function runsUnsandboxed(): boolean {
  return process.getuid?.() === 0;
}

function startBrowser({ path, url, port, heapMiB }: BrowserOptions, profile: string): ChildProcess {
  const args = [
    ...FLAGS,
    `--proxy-bypass-list=<-loopback>;127.0.0.1:${port}`,
    // A bound of the heap makes the space for young objects small, unless it is said as well: short-lived arrays cost more then.
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
    // The last two are for orders, of which there are none: the browser ends by itself when they close with this process.
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
  });
}

function groupOf(pid: number): number | undefined {
  try {
    // The program's name in parentheses may hold anything; behind it come state, parent and group.
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
