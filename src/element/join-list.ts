/**
 * The groups of the attribute `join`: read as one list that is right or is none. A list with a mistake in it is not
 * taken in part, for what is left of it may mean something else.
 * @module
 */

import { JOINED_GROUPS_MAX, NAME_LENGTH_MAX } from '../protocol/limits.js';

export interface JoinedGroup {
  key: string;
  secret?: string;
}

export interface JoinList {
  /** Each key once, the last one counts. Empty where there is a problem. */
  groups: JoinedGroup[];
  /** What is wrong, for whoever wrote it; the secret is not in it. */
  problem?: string;
}

const MARK = '#join=';
const SECRET_MAX = 256;

/** `key,secret`, both URI-encoded, or links `…#join=key,secret`, with spaces between several. */
export function readJoin(text: string | null | undefined): JoinList {
  const parts = (text ?? '').split(/\s+/).filter((part) => part !== '');
  const groups = new Map<string, JoinedGroup>();
  for (const [i, part] of parts.entries()) {
    const at = part.indexOf(MARK);
    const pair = at < 0 ? part : part.slice(at + MARK.length);
    const which = `its part ${i + 1}`;
    // A space inside a key makes two groups of one, of which neither is meant.
    if (parts.length > 1 && !pair.includes(','))
      return wrong(`${which} has no comma; write a space inside a key or a secret as %20`);
    const group = readPair(pair);
    if (group === undefined) return wrong(`${which} is not "key,secret", both URI-encoded`);
    groups.set(group.key, group);
  }
  if (groups.size > JOINED_GROUPS_MAX)
    return wrong(`it names ${groups.size} groups, and a worker joins at most ${JOINED_GROUPS_MAX} of them`);
  return { groups: [...groups.values()] };
}

const wrong = (problem: string): JoinList => ({ groups: [], problem });

function readPair(pair: string): JoinedGroup | undefined {
  const comma = pair.indexOf(',');
  try {
    const key = decodeURIComponent(comma < 0 ? pair : pair.slice(0, comma));
    const secret = comma < 0 ? '' : decodeURIComponent(pair.slice(comma + 1));
    if (key.trim() === '' || key.length > NAME_LENGTH_MAX || secret.length > SECRET_MAX) return undefined;
    return secret === '' ? { key } : { key, secret };
  } catch {
    return undefined;
  }
}
