/**
 * Links that join a compute group: `#join=<key>,<secret>`, both URI-encoded. The part behind `#` is sent to no server;
 * it leaves the address bar before anything else happens, so that it gets into no history and no picture of the screen.
 * @module
 */
import { readGroup, type Group } from './settings.js';

const MARK = '#join=';

/** The group of a link's fragment; nothing where it is no such link. */
export function parseJoin(fragment: string): Group | undefined {
  if (!fragment.startsWith(MARK)) return undefined;
  const [key, ...rest] = fragment.slice(MARK.length).split(',');
  try {
    const secret = rest.length === 0 ? undefined : decodeURIComponent(rest.join(','));
    return readGroup({ key: decodeURIComponent(key ?? ''), secret });
  } catch {
    return undefined;
  }
}

/** Takes a group out of this page's address. */
export function takeJoin(): Group | undefined {
  if (!location.hash.startsWith(MARK)) return undefined;
  const group = parseJoin(location.hash);
  history.replaceState(history.state, '', location.pathname + location.search);
  return group;
}

/** The same group with its secret's SHA-256 in the place of the secret, where this page can compute one. */
export async function hideSecret(group: Group): Promise<Group> {
  const { key, secret } = group;
  if (secret === undefined || !('subtle' in crypto)) return group;
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(secret));
  const secretHash = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return { key, secretHash };
}
