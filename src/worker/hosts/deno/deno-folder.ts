/**
 * The folder in which the Deno processes of one host live: an empty place to stand in, a cache of their own, and the import map
 * that takes Node's modules away. It goes away with the host, or with this process; so do the processes in it.
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What an import of a module of Node's gives instead. */
const NOTHING = `data:text/javascript,${encodeURIComponent('throw new TypeError("There are no modules here.");')}`;

/** A killed process may write for a moment more: it is tried again after 20 ms, 40 ms and so on. */
const REMOVAL = { recursive: true, force: true, maxRetries: 10, retryDelay: 20 } as const;

export class DenoFolder {
  readonly #path: string;
  readonly #processes = new Set<number>();
  readonly #onExit = (): void => this.#leaveNothing();

  private constructor(path: string) {
    this.#path = path;
    process.once('exit', this.#onExit);
  }

  /** Makes one in the system's folder for what is temporary. */
  static async make(): Promise<DenoFolder> {
    // In one step with the wish to hear of the exit: this process may end while another thread makes the folder.
    const folder = new DenoFolder(mkdtempSync(join(tmpdir(), 'manyhands-deno-')));
    await Promise.all([mkdir(folder.home), mkdir(folder.cache)]);
    return folder;
  }

  /** A process that may write here: this process does not end before it. Gives what is to be called when it is over. */
  inhabit(pid: number | undefined): () => void {
    if (pid === undefined) return () => undefined;
    this.#processes.add(pid);
    return () => void this.#processes.delete(pid);
  }

  /** Empty; processes start in it. */
  get home(): string {
    return join(this.#path, 'home');
  }

  get cache(): string {
    return join(this.#path, 'cache');
  }

  get script(): string {
    return join(this.#path, 'main.js');
  }

  get importMap(): string {
    return join(this.#path, 'imports.json');
  }

  /** Puts in the script of the main thread, and the map; `modules` are the ones that Deno says it has. */
  async fill(script: URL, modules: readonly string[]): Promise<void> {
    const names = new Set([...modules, ...builtinModules].map((name) => name.replace(/^node:/, '')));
    const imports = Object.fromEntries([...names].map((name) => [`node:${name}`, NOTHING]));
    await Promise.all([
      copyFile(script, this.script),
      writeFile(this.importMap, JSON.stringify({ imports })),
    ]);
  }

  async remove(): Promise<void> {
    process.off('exit', this.#onExit);
    await rm(this.#path, REMOVAL);
  }

  /** While this process exits, nothing can be waited for but in a loop, and nobody hears what is thrown. */
  #leaveNothing(): void {
    for (const pid of this.#processes) if (!killGroup(pid)) killOne(pid);
    try {
      rmSync(this.#path, REMOVAL);
    } catch {
      // A process is dying still, and wrote to it; the system's folder for what is temporary is cleared by others.
    }
  }
}

/**
 * Ends a process that was started as the first of its group, and all that it started, at once.
 * @returns whether there was such a group
 */
export const killGroup = (pid: number): boolean => killOne(process.platform === 'win32' ? pid : -pid);

function killOne(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone already.
    return false;
  }
}
