/**
 * Compiled modules that the frame hands to a Worker in it, over a port that job code never sees.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import type { ModuleMessage } from '../../protocol/messages/sandbox-messages.js';
import { getterOf } from '../realm/captured.js';

interface Waiting {
  readonly key: string;
  resolve(module: WebAssembly.Module): void;
  reject(error: Error): void;
}

/** How long a frame may take to compile one, milliseconds: a phone needs some seconds for Python. */
const COMPILE_MS_MAX = 60_000;

const { Map, Promise, Set, setTimeout, clearTimeout } = globalThis;
const { apply } = Reflect;
const readData = getterOf(MessageEvent.prototype, 'data');

export class GivenModules {
  readonly #came = new Map<string, ModuleMessage>();
  readonly #waiting = new Set<Waiting>();

  constructor(port: MessagePort) {
    port.onmessage = (event) => {
      const data = apply(readData, event, []) as ModuleMessage;
      let isWanted = false;
      for (const waiting of this.#waiting) {
        if (waiting.key !== data.key) continue;
        isWanted = true;
        settle(waiting, data);
      }
      if (!isWanted) this.#came.set(data.key, data);
    };
  }

  /** Rejects with ISOLATION_UNAVAILABLE where it cannot be compiled, or never comes: no job is to blame for that. */
  get(key: string): Promise<WebAssembly.Module> {
    return new Promise((resolve, reject) => {
      const late = new ManyhandsError(
        'ISOLATION_UNAVAILABLE',
        `The module ${key} did not reach the sandbox`,
        {
          key,
        },
      );
      const end = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(waiting);
      };
      const waiting: Waiting = {
        key,
        resolve: (module) => (end(), resolve(module)),
        reject: (error) => (end(), reject(error)),
      };
      const timer = setTimeout(() => waiting.reject(late), COMPILE_MS_MAX);
      const came = this.#came.get(key);
      this.#came.delete(key);
      if (came === undefined) this.#waiting.add(waiting);
      else settle(waiting, came);
    });
  }
}

function settle(waiting: Waiting, message: ModuleMessage): void {
  if ('module' in message) return waiting.resolve(message.module);
  const { key, problem } = message;
  waiting.reject(
    new ManyhandsError('ISOLATION_UNAVAILABLE', `The module ${key} was not compiled: ${problem}`, { key }),
  );
}
