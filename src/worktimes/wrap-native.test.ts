/**
 * Functions that stand where native ones stood.
 * @module
 */
import { expect, it } from 'vitest';
import { wrapConstructor, wrapMethod } from './wrap-native.js';

it('replaces a method where it is, also on a prototype, as browsers have their global functions', () => {
  const prototype = { twice: (x: number) => x * 2 };
  const scope = Object.create(prototype) as typeof prototype;
  wrapMethod(scope, 'twice', (native, self, args) => Reflect.apply(native, self, args));
  expect(Object.hasOwn(scope, 'twice')).toBe(false);
  expect([prototype.twice(2), prototype.twice.name]).toEqual([4, 'twice']);
  expect(() => wrapMethod(undefined, 'twice', () => 0)).not.toThrow();
});

it('asks for the prototype of what is made before it is made', () => {
  const order: string[] = [];
  class Native {}
  const holder = { Native };
  wrapConstructor(holder, 'Native', Native, () => (order.push('made'), new Native()));
  const target = new Proxy(function () {}, {
    get: (_, key) => (key === 'prototype' ? (order.push('asked'), Array.prototype) : undefined),
  });
  const made: unknown = Reflect.construct(holder.Native, [], target);
  expect(made).toBeInstanceOf(Array);
  expect([order[0], order.indexOf('made')]).toEqual(['asked', order.length - 1]);
});
