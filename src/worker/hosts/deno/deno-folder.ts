/**
 * The temporary folder of a host's Deno processes: an empty working directory, a cache, the main script, and the import map
 * that removes Node's modules. It is removed with the host or when this process exits, which also kills the processes.
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What an import of a module of Node's gives instead. */
const NOTHING = `data:text/javascript,${encodeURIComponent('throw new TypeError("There are no modules here.");')}`;

/** A killed process may still write for a moment: the removal is retried after 20 ms, 40 ms and so on. */
const REMOVAL = { recursive: true, force: true, maxRetries: 10, retryDelay: 20 } as const;

export class DenoFolder {
  readonly #path: string;
  readonly #processes = new Set<number>();
  readonly #onExit = (): void => this.#removeAll();

  private constructor(path: string) {
    this.#path = path;
    process.once('exit', this.#onExit);
  }

  /** Creates the folder in the system's temporary folder. */
  static async make(): Promise<DenoFolder> {
    // Created synchronously with the exit handler: this process may end while another thread creates the folder.
    const folder = new DenoFolder(mkdtempSync(join(tmpdir(), 'manyhands-deno-')));
    await Promise.all([mkdir(folder.home), mkdir(folder.cache)]);
    return folder;
  }

  /** Registers a process that may write here: it is killed when this process exits. Returns the function that unregisters it. */
  registerProcess(pid: number | undefined): () => void {
    if (pid === undefined) return () => undefined;
    this.#processes.add(pid);
    return () => void this.#processes.delete(pid);
  }

  /** Empty; the working directory of the processes. */
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

  /** Writes the script of the main thread and the import map; `modules`: the Node modules that Deno reports. */
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

  /** Exit handler: it must not wait asynchronously, and errors that it throws are lost. */
  #removeAll(): void {
    for (const pid of this.#processes) if (!killGroup(pid)) killOne(pid);
    try {
      rmSync(this.#path, REMOVAL);
    } catch {
      // A process that is ending wrote to it; the system cleans its temporary folder.
    }
  }
}

/**
 * Kills a process that leads a process group, and the whole group.
 * @returns whether there was such a group
 */
export const killGroup = (pid: number): boolean => killOne(process.platform === 'win32' ? pid : -pid);

function killOne(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    // The process has ended already.
    return false;
  }
}
