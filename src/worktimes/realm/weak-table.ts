/**
 * A weak map whose methods job code, which shares the realm, cannot tamper with.
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
