/**
 * Removes members of permitted objects that are not listed: platforms add new ones whose reach was never examined.
 * @module
 */
import { PERMITTED_MEMBERS } from './permits.js';

const { deleteProperty, ownKeys } = Reflect;
const FUNCTION_PROPERTIES = ['length', 'name', 'prototype'];

export function limitMembers(scope: Record<string, unknown>): void {
  for (const [name, permitted] of Object.entries(PERMITTED_MEMBERS)) {
    const constructor = scope[name] as { prototype?: object } | undefined;
    if (constructor?.prototype === undefined) continue;
    removeUnlisted(constructor.prototype, ['constructor', ...permitted]);
    removeUnlisted(constructor, FUNCTION_PROPERTIES);
  }
}

function removeUnlisted(holder: object, permitted: readonly string[]): void {
  for (const key of ownKeys(holder)) {
    if (typeof key !== 'symbol' && !permitted.includes(key)) deleteProperty(holder, key);
  }
}
