/**
 * Taking globals away, on a scope that is made for it.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { tameGlobals } from './lock-down.js';

interface Scope {
  [name: string]: unknown;
}

/** A global object like a Worker's: own names, and a prototype with more. */
function makeScope(): Scope {
  const prototype = Object.create({ inheritedDeep: 1 }) as Scope;
  Object.assign(prototype, { postMessage: () => 1, constructor: class Scope {} });
  const scope = Object.create(prototype) as Scope;
  Object.assign(scope, { Array, setTimeout, fetch, evil: 1 });
  return scope;
}

describe('tameGlobals', () => {
  it('leaves what is permitted, and takes the rest, along the prototypes', () => {
    const scope = makeScope();
    expect(tameGlobals(scope)).toEqual([]);
    expect([scope['Array'], scope['setTimeout'], scope['self']]).toEqual([Array, setTimeout, scope]);
    for (const name of ['fetch', 'evil', 'postMessage', 'inheritedDeep', 'addEventListener']) {
      expect(scope[name]).toBeUndefined();
    }
    expect(Object.prototype.hasOwnProperty.call(Object.prototype, 'toString')).toBe(true);
  });

  it('empties what cannot be deleted, and tells of what it cannot change', () => {
    const scope = makeScope();
    Object.defineProperty(scope, 'writable', { value: 1, writable: true });
    Object.defineProperty(scope, 'fixed', { value: 1 });
    Object.defineProperty(scope, 'read', { get: () => 1 });
    expect(tameGlobals(scope).sort()).toEqual(['fixed', 'read']);
    expect(scope['writable']).toBeUndefined();
  });

  it('keeps a copy of a little of navigator', () => {
    const scope = makeScope();
    scope['navigator'] = { hardwareConcurrency: 8, userAgent: 'x', serviceWorker: {}, storage: {}, gpu: {} };
    tameGlobals(scope);
    expect(scope['navigator']).toEqual({
      hardwareConcurrency: 8,
      language: 'en-US',
      platform: '',
      userAgent: 'x',
    });
    expect(Object.isFrozen(scope['navigator'])).toBe(true);
  });

  it('puts an address of nowhere in the place of the real one, also of one that a prototype has', () => {
    const scope = makeScope();
    const prototype = Object.getPrototypeOf(scope) as Scope;
    Object.defineProperty(prototype, 'location', { get: () => 'https://donor.example/', configurable: true });
    tameGlobals(scope);
    expect(String(scope['location'])).toBe('https://sandbox.invalid/');
    expect(prototype['location']).toBeUndefined();
  });
});
