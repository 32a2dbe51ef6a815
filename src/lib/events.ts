/**
 * A small typed emitter. One event has one payload; names are case-insensitive, as DCP's users expect; a
 * listener that throws does not stop the others and surfaces as an unhandled rejection.
 * @module
 */
export type Listener<P> = (payload: P) => void;

export class Emitter<M extends object> {
  readonly #listeners = new Map<string, Set<Listener<never>>>();

  on<K extends keyof M & string>(name: K, listener: Listener<M[K]>): this {
    const key = name.toLowerCase();
    const set = this.#listeners.get(key) ?? new Set();
    set.add(listener as Listener<never>);
    this.#listeners.set(key, set);
    return this;
  }

  once<K extends keyof M & string>(name: K, listener: Listener<M[K]>): this {
    const wrapped: Listener<M[K]> = (payload) => {
      this.off(name, wrapped);
      listener(payload);
    };
    return this.on(name, wrapped);
  }

  off<K extends keyof M & string>(name: K, listener: Listener<M[K]>): this {
    this.#listeners.get(name.toLowerCase())?.delete(listener as Listener<never>);
    return this;
  }

  listenerCount(name: keyof M & string): number {
    return this.#listeners.get(name.toLowerCase())?.size ?? 0;
  }

  /** Calls the listeners of `name`, in the order in which they were added. */
  emit<K extends keyof M & string>(name: K, payload: M[K]): void {
    const set = this.#listeners.get(name.toLowerCase());
    if (set === undefined || set.size === 0) return;
    for (const listener of [...set]) {
      try {
        (listener as Listener<M[K]>)(payload);
      } catch (error) {
        void Promise.reject(error as Error);
      }
    }
  }
}
