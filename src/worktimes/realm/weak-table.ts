/**
 * A weak map that works even if job code in the same realm replaces the methods of `WeakMap`.
 * @module
 */
import { methodOf } from './captured.js';

const { apply } = Reflect;
const { WeakMap } = globalThis;
const getWeak = methodOf(WeakMap.prototype, 'get');
const setWeak = methodOf(WeakMap.prototype, 'set');

export class WeakTable<V> {
  readonly #map = new WeakMap<object, V>();

  get(key: unknown): V | undefined {
    return apply(getWeak, this.#map, [key]) as V | undefined;
  }

  set(key: object, value: V): void {
    apply(setWeak, this.#map, [key, value]);
  }
}
