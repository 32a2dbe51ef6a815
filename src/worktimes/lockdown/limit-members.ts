/**
 * Takes away members of permitted objects that are not on their list: platforms add new ones, of which nobody has looked at what they reach.
 * @module
 */
import { PERMITTED_MEMBERS } from './permits.js';

const { deleteProperty, ownKeys } = Reflect;
const OF_EACH_FUNCTION = ['length', 'name', 'prototype'];

export function limitMembers(scope: Record<string, unknown>): void {
  for (const [name, permitted] of Object.entries(PERMITTED_MEMBERS)) {
    const constructor = scope[name] as { prototype?: object } | undefined;
    if (constructor?.prototype === undefined) continue;
    removeOthers(constructor.prototype, ['constructor', ...permitted]);
    removeOthers(constructor, OF_EACH_FUNCTION);
  }
}

function removeOthers(holder: object, permitted: readonly string[]): void {
  for (const key of ownKeys(holder)) {
    if (typeof key !== 'symbol' && !permitted.includes(key)) deleteProperty(holder, key);
  }
}
