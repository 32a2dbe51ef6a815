/**
 * A typed event emitter. An event has one payload; names are case-insensitive, as in DCP. A listener that throws does not
 * prevent the others; its error becomes an unhandled rejection.
 * @module
 */
import { ManyhandsError } from './errors.js';
import { describeValue, nearestName, type OptionNames } from './options.js';

/** A listener may be async: `emit` returns the promises of such listeners. */
export type Listener<P> = (payload: P) => unknown;

export class Emitter<M extends object> {
  readonly #names: readonly string[] | undefined;

  /** @param names all events; without them any name is accepted */
  constructor(names?: OptionNames<M>) {
    this.#names = names && Object.keys(names);
  }

  /** Lists are replaced, never modified, so that `emit` can iterate one without copying it. */
  readonly #listeners = new Map<string, readonly Listener<never>[]>();
  /** The listener that was given, by its wrapper, for `off`. */
  readonly #originals = new WeakMap<object, unknown>();

  on<K extends keyof M & string>(name: K, listener: Listener<M[K]>): this {
    checkListener(name, listener);
    this.#checkName(name);
    const key = name.toLowerCase();
    const list = this.#listeners.get(key) ?? [];
    if (!list.includes(listener)) {
      this.#listeners.set(key, [...list, listener]);
    }
    return this;
  }

  once<K extends keyof M & string>(name: K, listener: Listener<M[K]>): this {
    checkListener(name, listener);
    const wrapped: Listener<M[K]> = (payload) => {
      this.off(name, wrapped);
      return listener(payload);
    };
    return this.onWrapped(name, wrapped, listener);
  }

  /** Adds a listener that `off` removes when it is given `original`. */
  protected onWrapped<K extends keyof M & string>(
    name: K,
    wrapped: Listener<M[K]>,
    original: Listener<M[K]>,
  ): this {
    this.#originals.set(wrapped, original);
    return this.on(name, wrapped);
  }

  off<K extends keyof M & string>(name: K, listener: Listener<M[K]>): this {
    checkEventName(name);
    const key = name.toLowerCase();
    const list = this.#listeners.get(key);
    if (list !== undefined) {
      this.#listeners.set(
        key,
        list.filter((one) => one !== listener && this.#originals.get(one) !== listener),
      );
    }
    return this;
  }

  /** Removes the listeners of one event, or of all. */
  removeAllListeners(name?: keyof M & string): this {
    if (name === undefined) this.#listeners.clear();
    else {
      checkEventName(name);
      this.#listeners.delete(name.toLowerCase());
    }
    return this;
  }

  /** @throws INVALID_ARGUMENT for an event that does not exist: its listener would never be called */
  #checkName(name: string): void {
    const known = this.#names;
    if (known === undefined || known.includes(name.toLowerCase())) return;
    const nearest = nearestName(name, known);
    const hint = nearest === undefined ? '' : ` Did you mean '${nearest}'?`;
    const text = `There is no event '${name.slice(0, 100)}'.${hint} There are ${known.join(', ')}.`;
    throw new ManyhandsError('INVALID_ARGUMENT', text, { event: name, known, nearest });
  }

  listenerCount(name: keyof M & string): number {
    return this.#listeners.get(name.toLowerCase())?.length ?? 0;
  }

  /**
   * Calls the listeners of `name`, in the order in which they were added. Returns the promises that they returned;
   * undefined where none did.
   */
  emit<K extends keyof M & string>(name: K, payload: M[K]): PromiseLike<unknown>[] | undefined {
    const list = this.#listeners.get(name.toLowerCase());
    if (list === undefined) return undefined;
    let promises: PromiseLike<unknown>[] | undefined;
    for (const listener of list) {
      try {
        const given: unknown = (listener as Listener<M[K]>)(payload);
        if (isPromise(given)) (promises ??= []).push(given);
      } catch (error) {
        void Promise.reject(error);
      }
    }
    return promises;
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}

/** Checked at registration, so that the stack shows the caller. @throws INVALID_ARGUMENT */
function checkListener(name: unknown, listener: unknown): void {
  checkEventName(name);
  if (typeof listener === 'function') return;
  const text = `The listener of '${name}' must be a function; it is ${listener === null ? 'null' : typeof listener}.`;
  throw new ManyhandsError('INVALID_ARGUMENT', text, { event: name });
}

function checkEventName(name: unknown): asserts name is string {
  if (typeof name === 'string') return;
  throw new ManyhandsError(
    'INVALID_ARGUMENT',
    `The name of an event is a string, not ${describeValue(name)}.`,
  );
}
