/**
 * The folder in which the Deno processes of one host live: an empty place to stand in, a cache of their own, and the import map
 * that takes Node's modules away. It goes away with the host, or with this process.
 * @module
 */
import { rmSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What an import of a module of Node's gives instead. */
const NOTHING = `data:text/javascript,${encodeURIComponent('throw new TypeError("There are no modules here.");')}`;

export class DenoFolder {
  readonly #path: string;
  readonly #onExit = (): void => rmSync(this.#path, { recursive: true, force: true });

  private constructor(path: string) {
    this.#path = path;
    process.once('exit', this.#onExit);
  }

  /** Makes one in the system's folder for what is temporary. */
  static async make(): Promise<DenoFolder> {
    const folder = new DenoFolder(await mkdtemp(join(tmpdir(), 'manyhands-deno-')));
    await Promise.all([mkdir(folder.home), mkdir(folder.cache)]);
    return folder;
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
    await rm(this.#path, { recursive: true, force: true });
  }
}
