/**
 * The built command line as child processes: each in a process group of its own, in a home and a folder for temporary
 * files that are thrown away.
 * @module
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

export interface Finished {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A command that runs. */
export class Running {
  /** What was printed so far. */
  stdout = '';
  stderr = '';
  readonly finished: Promise<Finished>;
  readonly #child: ChildProcess;
  readonly #heard = new Set<() => void>();

  constructor(args: string[], env: NodeJS.ProcessEnv) {
    this.#child = spawn(process.execPath, [MAIN, ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => this.#hear('stdout', text));
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => this.#hear('stderr', text));
    this.finished = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (code, signal) => {
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  #hear(from: 'stdout' | 'stderr', text: string): void {
    this[from] += text;
    for (const look of this.#heard) look();
  }

  /** Resolves with the match once stdout has one; rejects when the command ends without. */
  said(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(this.stdout);
        if (match === null) return;
        this.#heard.delete(look);
        resolve(match);
      };
      this.#heard.add(look);
      look();
      void this.finished.then(({ code, stdout, stderr }) =>
        reject(
          new Error(
            `It ended with ${String(code)} and did not say ${String(pattern)}:\n${stdout}\n${stderr}`,
          ),
        ),
      );
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  kill(signal: NodeJS.Signals): Promise<Finished> {
    this.signal(signal);
    return this.finished;
  }

  /** Whether any process of its group is there. */
  get isAlive(): boolean {
    try {
      process.kill(-this.#child.pid!, 0);
      return true;
    } catch {
      return false;
    }
  }

  /** Ends the whole group, whatever it is at. */
  async destroy(): Promise<void> {
    if (this.isAlive) process.kill(-this.#child.pid!, 'SIGKILL');
    await this.finished;
  }
}

/** A user of the command line. */
export class Cli {
  readonly #running = new Set<Running>();

  private constructor(
    /** Thrown away by `end`. */
    readonly folder: string,
    readonly home: string,
    readonly temporary: string,
  ) {}

  static async open(): Promise<Cli> {
    if (!existsSync(MAIN)) throw new Error(`There is no ${MAIN}: run "npm run build" first.`);
    const folder = await mkdtemp(join(tmpdir(), 'manyhands-cli-'));
    const cli = new Cli(folder, join(folder, 'home'), join(folder, 'tmp'));
    await mkdir(cli.temporary);
    return cli;
  }

  start(args: string[], env: NodeJS.ProcessEnv = {}): Running {
    const { MANYHANDS_SCHEDULER: _, MANYHANDS_PASSPHRASE: __, ...inherited } = process.env;
    const own = { MANYHANDS_HOME: this.home, TMPDIR: this.temporary, NO_COLOR: '1' };
    const running = new Running(args, { ...inherited, ...own, ...env });
    this.#running.add(running);
    return running;
  }

  run(args: string[], env?: NodeJS.ProcessEnv): Promise<Finished> {
    return this.start(args, env).finished;
  }

  /** A path in its folder. */
  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  /** A scheduler of this user, on a free port. */
  async startScheduler(...args: string[]): Promise<{ running: Running; url: string; dataDir: string }> {
    const running = this.start(['scheduler', '--port', '0', '--json', ...args]);
    const [line] = await running.said(/^.*\n/);
    return { running, ...(JSON.parse(line) as { url: string; dataDir: string }) };
  }

  /** What commands left among the temporary files. */
  leftovers(): Promise<string[]> {
    return readdir(this.temporary);
  }

  async end(): Promise<void> {
    await Promise.all([...this.#running].map((running) => running.destroy()));
    await rm(this.folder, { recursive: true, force: true });
  }
}
