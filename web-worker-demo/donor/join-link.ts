/**
 * Links that join a compute group: `#join=<key>,<secret>`, both URI-encoded. The fragment is not sent to any server; it
 * is removed from the address bar before anything else, so that it is in no history entry and no screenshot.
 * @module
 */
import { readJoin } from '../../src/entry/page.browser.js';
import { readGroup, type Group } from './settings.js';

const MARK = '#join=';

/** The group of a link's fragment; undefined if it is no such link. */
export function parseJoin(fragment: string): Group | undefined {
  if (!fragment.startsWith(MARK)) return undefined;
  const [group] = readJoin(fragment).groups;
  return group && readGroup({ key: group.joinKey, secret: group.joinSecret });
}

/** Reads the group in this page's address, and removes it there. */
export function takeJoin(): Group | undefined {
  if (!location.hash.startsWith(MARK)) return undefined;
  const group = parseJoin(location.hash);
  history.replaceState(history.state, '', location.pathname + location.search);
  return group;
}

/** The group with its secret replaced by the secret's SHA-256, if this page can compute it (secure contexts only). */
export async function hideSecret(group: Group): Promise<Group> {
  const { key, secret } = group;
  if (secret === undefined || !('subtle' in crypto)) return group;
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(secret));
  const secretHash = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return { key, secretHash };
}
