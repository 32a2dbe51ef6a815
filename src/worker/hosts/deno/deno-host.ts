/**
 * Sandboxes in processes of Deno, one each, with no permissions: no files, no network, no environment, no programs.
 * For strangers' jobs on machines without a browser.
 * @module
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Clock } from '../../../lib/clock.js';
import { ManyhandsError } from '../../../lib/errors.js';
import { askDeno, findDeno, type Environment } from './deno-find.js';
import { DenoFolder } from './deno-folder.js';
import { denoEnvironment, DenoSandbox } from './deno-process.js';
import { findMemoryGroups, type MemoryGroups } from '../process/memory-groups.js';
import { MemoryWatch } from '../process/memory-watch.js';
import type { Sandbox, SandboxHandlers, SandboxHost } from '../port/sandbox-host.js';

export interface DenoHostOptions {
  clock: Clock;
  /** Where Deno is looked for: MANYHANDS_DENO, PATH. @default none: the npm package alone */
  env?: Environment;
  /** Resident memory of one sandbox's process at most, MiB. @default 1,024 */
  memoryMiB?: number;
  /** JavaScript heap of one sandbox at most, MiB. @default 512 */
  heapMiB?: number;
  /** Groups by which the kernel bounds that memory. @default those that this program was given, if any */
  groups?: MemoryGroups | undefined;
  /** Folder of the built scripts. @default dist/sandbox/ */
  scripts?: URL;
}

const MEMORY_MIB_DEFAULT = 1_024;
const HEAP_MIB_DEFAULT = 512;
const MAIN_SCRIPT = 'deno-main.js';
/** What runs in the Worker, in this order. */
const WORKER_SCRIPTS = ['deno-ports.js', 'browser-sandbox.js'];

/** Processes of Deno; nothing is started before the first sandbox. */
export function denoHost(options: DenoHostOptions): SandboxHost {
  return new DenoHost(options);
}

/** What all processes of a host are started from. */
interface Ground {
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
  #ground: Promise<Ground> | undefined;
  #state: 'open' | 'closed' = 'open';

  constructor(options: DenoHostOptions) {
    this.#options = options;
    this.#watch = new MemoryWatch({ clock: options.clock });
  }

  async start(_owner: string, handlers: SandboxHandlers): Promise<Sandbox> {
    this.#assertOpen();
    const ground = await this.#prepare();
    this.#assertOpen();
    const { clock, memoryMiB = MEMORY_MIB_DEFAULT, heapMiB = HEAP_MIB_DEFAULT } = this.#options;
    const sandbox = new DenoSandbox({
      ...ground,
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
    const ground = await this.#ground?.catch(() => undefined);
    await ground?.folder.remove();
  }

  /** Made once; a failure is not remembered. */
  #prepare(): Promise<Ground> {
    if (this.#ground === undefined) {
      this.#ground = this.#makeGround();
      this.#ground.catch(() => (this.#ground = undefined));
    }
    return this.#ground;
  }

  async #makeGround(): Promise<Ground> {
    const { env = {}, scripts = new URL('../../../sandbox/', import.meta.url) } = this.#options;
    const path = findDeno(env);
    if (path === undefined) throw unavailable('There is no Deno on this machine.');
    const main = new URL(MAIN_SCRIPT, scripts);
    if (!existsSync(main)) throw unavailable(`${main.pathname} is missing: is the build complete?`);
    const folder = await DenoFolder.make();
    try {
      const { builtinModules } = await askDeno(path, denoEnvironment(folder), (pid) => folder.inhabit(pid));
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
    throw new ManyhandsError('CLOSED', 'This host of sandboxes is closed; make a new one');
  }
}

function unavailable(text: string): ManyhandsError {
  return new ManyhandsError('ISOLATION_UNAVAILABLE', text, { isolation: 'deno' });
}
