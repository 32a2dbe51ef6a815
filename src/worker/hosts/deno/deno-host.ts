/**
 * Sandboxes in Deno processes, one each, without permissions: no files, network, environment or programs. For foreign
 * jobs on machines without a page in a browser.
 * @module
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Clock } from '../../../lib/clock.js';
import { ManyhandsError } from '../../../lib/errors.js';
import type { Environment } from '../process/find-program.js';
import { queryDeno, findDeno } from './deno-find.js';
import { DenoFolder } from './deno-folder.js';
import { denoEnvironment, DenoSandbox } from './deno-process.js';
import { findMemoryGroups, type MemoryGroups } from '../process/memory-groups.js';
import { MemoryWatch } from '../process/memory-watch.js';
import type { Sandbox, SandboxHandlers, SandboxHost } from '../port/sandbox-host.js';

const NO_DENO =
  'There is no Deno on this machine: install it (npm install deno), or name one that is elsewhere with MANYHANDS_DENO.';

export interface DenoHostOptions {
  clock: Clock;
  /** Environment with MANYHANDS_DENO and PATH. @default none: only the npm package is searched */
  env?: Environment;
  /** Maximum resident memory of one sandbox's process, MiB. @default 1,024 */
  memoryMiB?: number;
  /** Maximum JavaScript heap of one sandbox, MiB. @default 512 */
  heapMiB?: number;
  /** Control groups that enforce the memory limit. @default those delegated to this program, if any */
  groups?: MemoryGroups | undefined;
  /** URL of the folder of the built scripts. @default dist/sandbox/ */
  scripts?: URL;
}

const MEMORY_MIB_DEFAULT = 1_024;
const HEAP_MIB_DEFAULT = 512;
const MAIN_SCRIPT = 'deno-main.js';
/** Scripts that run in the Worker, in this order. */
const WORKER_SCRIPTS = ['deno-ports.js', 'browser-sandbox.js'];

/** Creates a host of sandboxes in Deno processes; starts nothing before the first sandbox. */
export function denoHost(options: DenoHostOptions): SandboxHost {
  return new DenoHost(options);
}

/** What all processes of a host are started with. */
interface DenoRuntimeFiles {
  deno: string;
  folder: DenoFolder;
  script: Uint8Array;
  groups: MemoryGroups | undefined;
}

class DenoHost implements SandboxHost {
  readonly isolation = 'deno';
  readonly #options: DenoHostOptions;
  readonly #watch: MemoryWatch;
  readonly #sandboxes = new Set<DenoSandbox>();
  #runtimeFiles: Promise<DenoRuntimeFiles> | undefined;
  #state: 'open' | 'closed' = 'open';

  constructor(options: DenoHostOptions) {
    this.#options = options;
    this.#watch = new MemoryWatch({ clock: options.clock });
  }

  async start(_owner: string, handlers: SandboxHandlers): Promise<Sandbox> {
    this.#assertOpen();
    const files = await this.#prepare();
    this.#assertOpen();
    const { clock, memoryMiB = MEMORY_MIB_DEFAULT, heapMiB = HEAP_MIB_DEFAULT } = this.#options;
    const sandbox = new DenoSandbox({
      ...files,
      memoryMiB,
      heapMiB,
      watch: this.#watch,
      clock,
      handlers,
      over: () => void this.#sandboxes.delete(sandbox),
    });
    this.#sandboxes.add(sandbox);
    await sandbox.started();
    return sandbox;
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    await Promise.all([...this.#sandboxes].map((sandbox) => sandbox.end()));
    const files = await this.#runtimeFiles?.catch(() => undefined);
    await files?.folder.remove();
  }

  /** Created once; after a failure it is created again. */
  #prepare(): Promise<DenoRuntimeFiles> {
    if (this.#runtimeFiles === undefined) {
      this.#runtimeFiles = this.#makeRuntimeFiles();
      this.#runtimeFiles.catch(() => (this.#runtimeFiles = undefined));
    }
    return this.#runtimeFiles;
  }

  async #makeRuntimeFiles(): Promise<DenoRuntimeFiles> {
    const { env = {}, scripts = new URL('../../../sandbox/', import.meta.url) } = this.#options;
    const path = findDeno(env);
    if (path === undefined) throw unavailable(NO_DENO);
    const main = new URL(MAIN_SCRIPT, scripts);
    if (!existsSync(main)) throw unavailable(`${main.pathname} is missing: is the build complete?`);
    const folder = await DenoFolder.make();
    try {
      const { builtinModules } = await queryDeno(path, denoEnvironment(folder), (pid) =>
        folder.registerProcess(pid),
      );
      await folder.fill(main, builtinModules);
      const groups = this.#options.groups ?? findMemoryGroups();
      const parts = WORKER_SCRIPTS.map((name) => readFile(new URL(name, scripts), 'utf8'));
      const text = (await Promise.all(parts)).join('\n');
      return { deno: path, folder, script: new TextEncoder().encode(text), groups };
    } catch (error) {
      await folder.remove();
      throw error;
    }
  }

  #assertOpen(): void {
    if (this.#state === 'open') return;
    throw new ManyhandsError('CLOSED', 'This host of sandboxes is closed; create a new one');
  }
}

function unavailable(text: string): ManyhandsError {
  return new ManyhandsError('ISOLATION_UNAVAILABLE', text, { isolation: 'deno' });
}
