/**
 * Compiled WebAssembly modules that the frame sends to a Worker in it, over a port that job code never sees.
 * @module
 */
import { ManyhandsError } from '../../../lib/errors.js';
import type { ModuleMessage } from '../../../protocol/messages/sandbox-messages.js';
import { getterOf } from '../../realm/captured.js';

interface Waiter {
  readonly key: string;
  resolve(module: WebAssembly.Module): void;
  reject(error: Error): void;
}

/** How long a frame may take to compile a module, milliseconds; a phone needs some seconds for Python. */
const COMPILE_MS_MAX = 60_000;

const { Map, Promise, Set, setTimeout, clearTimeout } = globalThis;
const { apply } = Reflect;
const readData = getterOf(MessageEvent.prototype, 'data');

export class ReceivedModules {
  readonly #received = new Map<string, ModuleMessage>();
  readonly #waiters = new Set<Waiter>();

  constructor(port: MessagePort) {
    port.onmessage = (event) => {
      const data = apply(readData, event, []) as ModuleMessage;
      let isAwaited = false;
      for (const waiter of this.#waiters) {
        if (waiter.key !== data.key) continue;
        isAwaited = true;
        settleWaiter(waiter, data);
      }
      if (!isAwaited) this.#received.set(data.key, data);
    };
  }

  /** @throws ISOLATION_UNAVAILABLE (no fault of the job) if it cannot be compiled or does not arrive in time */
  get(key: string): Promise<WebAssembly.Module> {
    return new Promise((resolve, reject) => {
      const timedOut = new ManyhandsError(
        'ISOLATION_UNAVAILABLE',
        `The module ${key} did not reach the sandbox`,
        {
          key,
        },
      );
      const end = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
      };
      const waiter: Waiter = {
        key,
        resolve: (module) => (end(), resolve(module)),
        reject: (error) => (end(), reject(error)),
      };
      const timer = setTimeout(() => waiter.reject(timedOut), COMPILE_MS_MAX);
      const received = this.#received.get(key);
      this.#received.delete(key);
      if (received === undefined) this.#waiters.add(waiter);
      else settleWaiter(waiter, received);
    });
  }
}

function settleWaiter(waiter: Waiter, message: ModuleMessage): void {
  if ('module' in message) return waiter.resolve(message.module);
  const { key, problem } = message;
  waiter.reject(
    new ManyhandsError('ISOLATION_UNAVAILABLE', `The module ${key} was not compiled: ${problem}`, { key }),
  );
}
