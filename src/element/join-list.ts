/**
 * Parses the compute groups of the attribute `join`. A list with an error is rejected as a whole, because the rest of
 * it may have another meaning.
 * @module
 */

import { JOINED_GROUPS_MAX, NAME_LENGTH_MAX } from '../protocol/limits.js';

export interface JoinGroup {
  joinKey: string;
  joinSecret?: string;
}

export interface JoinList {
  /** The groups; the last of several with one key counts. Empty if there is a problem. */
  groups: JoinGroup[];
  /** The error for the author of the page; it contains no secret. */
  problem?: string;
}

const MARK = '#join=';
const SECRET_MAX = 256;

/** Parses `key,secret`, both URI-encoded, or links `…#join=key,secret`, separated by spaces. */
export function readJoin(text: string | null | undefined): JoinList {
  const parts = (text ?? '').split(/\s+/).filter((part) => part !== '');
  const groups = new Map<string, JoinGroup>();
  for (const [i, part] of parts.entries()) {
    const at = part.indexOf(MARK);
    const pair = at < 0 ? part : part.slice(at + MARK.length);
    const which = `part ${i + 1} of it`;
    // A space inside a key would split one group into two wrong ones.
    if (parts.length > 1 && !pair.includes(','))
      return invalid(`${which} has no comma; encode a space inside a key or a secret as %20`);
    const group = readPair(pair);
    if (group === undefined) return invalid(`${which} is not "key,secret", both URI-encoded`);
    groups.set(group.joinKey, group);
  }
  if (groups.size > JOINED_GROUPS_MAX)
    return invalid(`it names ${groups.size} groups, but a worker can join at most ${JOINED_GROUPS_MAX}`);
  return { groups: [...groups.values()] };
}

const invalid = (problem: string): JoinList => ({ groups: [], problem });

function readPair(pair: string): JoinGroup | undefined {
  const comma = pair.indexOf(',');
  try {
    const joinKey = decodeURIComponent(comma < 0 ? pair : pair.slice(0, comma));
    const joinSecret = comma < 0 ? '' : decodeURIComponent(pair.slice(comma + 1));
    const isKey = joinKey.trim() !== '' && joinKey.length <= NAME_LENGTH_MAX;
    if (!isKey || joinSecret.length > SECRET_MAX) return undefined;
    return joinSecret === '' ? { joinKey } : { joinKey, joinSecret };
  } catch {
    return undefined;
  }
}
