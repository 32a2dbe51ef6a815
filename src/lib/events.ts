/**
 * A small typed emitter. One event has one payload; names are case-insensitive, as DCP's users expect; a
 * listener that throws does not stop the others and surfaces as an unhandled rejection.
 * @module
 */
import { ManyhandsError } from './errors.js';
import { nearestName, type OptionNames } from './options.js';

/** It may be async: the promise that it returns then is given to whoever emits. */
export type Listener<P> = (payload: P) => unknown;

export class Emitter<M extends object> {
  readonly #names: readonly string[] | undefined;

  /** @param names all events that there are; without them any name is taken */
  constructor(names?: OptionNames<M>) {
    this.#names = names && Object.keys(names);
  }

  /** Lists are replaced, never changed, so that `emit` can go through one without copying it. */
  readonly #listeners = new Map<string, readonly Listener<never>[]>();
  /** What `once` was given, by what it wrapped around it, so that `off` finds it. */
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
    this.#originals.set(wrapped, listener);
    return this.on(name, wrapped);
  }

  off<K extends keyof M & string>(name: K, listener: Listener<M[K]>): this {
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

  /** @throws INVALID_ARGUMENT: a listener to what never comes would wait for ever */
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
   * Calls the listeners of `name`, in the order in which they were added; returns the promises that they gave, where
   * there are any.
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

/** @throws INVALID_ARGUMENT here and now, where the caller can see which call it was */
function checkListener(name: unknown, listener: unknown): void {
  if (typeof name !== 'string')
    throw new ManyhandsError('INVALID_ARGUMENT', `The name of an event is a string, not a ${typeof name}.`);
  if (typeof listener === 'function') return;
  const text = `The listener of '${name}' must be a function; it is ${listener === null ? 'null' : typeof listener}.`;
  throw new ManyhandsError('INVALID_ARGUMENT', text, { event: name });
}
