/**
 * Takes away members of permitted objects that are not on their list: platforms add new ones, of which nobody has looked at what they reach.
 * @module
 */
import { PERMITTED_MEMBERS } from './permits.js';

const { deleteProperty, ownKeys } = Reflect;

export function limitMembers(scope: Record<string, unknown>): void {
  for (const [name, permitted] of Object.entries(PERMITTED_MEMBERS)) {
    const prototype = (scope[name] as { prototype?: object } | undefined)?.prototype;
    if (prototype === undefined) continue;
    for (const key of ownKeys(prototype)) {
      if (typeof key === 'symbol' || key === 'constructor' || permitted.includes(key)) continue;
      deleteProperty(prototype, key);
    }
  }
}
