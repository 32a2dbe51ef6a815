/**
 * Sandboxes in a headless browser: the same frames as in a donor's page, in a browser that runs nothing else. For foreign
 * jobs on machines without Deno.
 * @module
 */
import type { Clock } from '../../../lib/clock.js';
import { ManyhandsError } from '../../../lib/errors.js';
import { newId } from '../../../lib/crypto/ids.js';
import type { Random } from '../../../lib/crypto/random.js';
import { Bridge } from './chromium-bridge.js';
import { findChromium } from './chromium-find.js';
import { runsUnsandboxed } from './chromium-process.js';
import type { Environment } from '../process/find-program.js';
import { MemoryWatch } from '../process/memory-watch.js';
import type { Sandbox, SandboxHandlers, SandboxHost } from '../port/sandbox-host.js';

export interface ChromiumHostOptions {
  clock: Clock;
  random: Random;
  /** Environment with MANYHANDS_CHROMIUM and PATH. @default none: only the usual places are searched */
  env?: Environment;
  /** Maximum resident memory of one process, shared by the sandboxes of all frames of a site, MiB. @default 2,048 */
  memoryMiB?: number;
  /** Maximum JavaScript heap of one process, MiB. @default 1,024 */
  heapMiB?: number;
  /** URL of dist/. */
  dist?: URL;
  /** Receives warnings for the owner of this machine. @default a warning of this process */
  warn?: (text: string) => void;
}

const MEMORY_MIB_DEFAULT = 2_048;
const HEAP_MIB_DEFAULT = 1_024;
const AS_ROOT =
  "This worker runs as root, so that the browser gives up its own sandbox: code that exploits the browser's engine controls this machine. Run it as another user.";

/** Creates a host of sandboxes in a headless browser, which is started for the first sandbox. */
export function chromiumHost(options: ChromiumHostOptions): SandboxHost {
  return new ChromiumHost(options);
}

class ChromiumHost implements SandboxHost {
  readonly isolation = 'chromium';
  readonly #options: ChromiumHostOptions;
  readonly #watch: MemoryWatch;
  #bridge: Promise<Bridge> | undefined;
  readonly #closing = new AbortController();

  constructor(options: ChromiumHostOptions) {
    this.#options = options;
    this.#watch = new MemoryWatch({ clock: options.clock });
  }

  async start(owner: string, handlers: SandboxHandlers): Promise<Sandbox> {
    this.#assertOpen();
    const bridge = await this.#open();
    this.#assertOpen();
    return bridge.start(owner, handlers);
  }

  async close(): Promise<void> {
    this.#closing.abort(new ManyhandsError('CLOSED', 'This host of sandboxes is closed; create a new one'));
    const bridge = await this.#bridge?.catch(() => undefined);
    await bridge?.close();
  }

  /** One browser at a time; a new one after it ended or failed to start. */
  #open(): Promise<Bridge> {
    if (this.#bridge === undefined) {
      const opening = this.#openBridge();
      this.#bridge = opening;
      const forget = (): void => {
        if (this.#bridge === opening) this.#bridge = undefined;
      };
      opening.then((bridge) => bridge.gone.then(forget), forget);
    }
    return this.#bridge;
  }

  async #openBridge(): Promise<Bridge> {
    const { env = {}, clock, random, dist = new URL('../../../', import.meta.url) } = this.#options;
    const chromium = findChromium(env);
    if (chromium === undefined) {
      const text =
        'There is no Chromium-based browser on this machine: install chromium or Google Chrome, or name one that is elsewhere with MANYHANDS_CHROMIUM.';
      throw new ManyhandsError('ISOLATION_UNAVAILABLE', text, { isolation: 'chromium' });
    }
    if (runsUnsandboxed()) (this.#options.warn ?? ((text) => process.emitWarning(text)))(AS_ROOT);
    return Bridge.open({
      chromium,
      web: new URL('web/', dist),
      scripts: new URL('sandbox/', dist),
      token: newId(random),
      memoryMiB: this.#options.memoryMiB ?? MEMORY_MIB_DEFAULT,
      heapMiB: this.#options.heapMiB ?? HEAP_MIB_DEFAULT,
      clock,
      watch: this.#watch,
      signal: this.#closing.signal,
    });
  }

  #assertOpen(): void {
    this.#closing.signal.throwIfAborted();
  }
}
