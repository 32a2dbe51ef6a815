/**
 * Removing globals, from a scope made for the test.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { lockDownRealm } from './lock-down.js';

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

describe('lockDownRealm', () => {
  it('keeps permitted globals and removes all others, along the prototypes', () => {
    const scope = makeScope();
    expect(lockDownRealm(scope)).toEqual([]);
    expect([scope['Array'], scope['setTimeout'], scope['self']]).toEqual([Array, setTimeout, scope]);
    for (const name of ['fetch', 'evil', 'postMessage', 'inheritedDeep', 'addEventListener']) {
      expect(scope[name]).toBeUndefined();
    }
    expect(Object.prototype.hasOwnProperty.call(Object.prototype, 'toString')).toBe(true);
  });

  it('sets to undefined what cannot be deleted, and returns the names that it cannot change', () => {
    const scope = makeScope();
    Object.defineProperty(scope, 'writable', { value: 1, writable: true });
    Object.defineProperty(scope, 'fixed', { value: 1 });
    Object.defineProperty(scope, 'read', { get: () => 1 });
    expect(lockDownRealm(scope).sort()).toEqual(['fixed', 'read']);
    expect(scope['writable']).toBeUndefined();
  });

  it('replaces navigator by a frozen copy of a few values', () => {
    const scope = makeScope();
    scope['navigator'] = { hardwareConcurrency: 8, userAgent: 'x', serviceWorker: {}, storage: {}, gpu: {} };
    lockDownRealm(scope);
    expect(scope['navigator']).toEqual({
      hardwareConcurrency: 8,
      language: 'en-US',
      platform: '',
      userAgent: 'x',
    });
    expect(Object.isFrozen(scope['navigator'])).toBe(true);
  });

  it('replaces the location by one that leads nowhere, also one on a prototype', () => {
    const scope = makeScope();
    const prototype = Object.getPrototypeOf(scope) as Scope;
    Object.defineProperty(prototype, 'location', { get: () => 'https://donor.example/', configurable: true });
    lockDownRealm(scope);
    expect(String(scope['location'])).toBe('https://sandbox.invalid/');
    expect(prototype['location']).toBeUndefined();
  });
});
