/**
 * What the element on a site and the scheduler's embedded document tell each other. Either side believes a message only
 * when its window and its origin are the other's, and reads it by the checks here.
 * @module
 */

/** What a site may ask for: less than the donor allows, never more, and never a start. */
export type SiteMessage =
  | {
      to: 'manyhands-embed';
      type: 'configure';
      cores?: number;
      share?: number;
      bytesPerDay?: number;
      /** Compute groups, as `key,secret` or links that join one, with spaces between; the visitor is told before they start. */
      join?: string;
      /** Jobs of those groups alone. */
      onlyGroups?: boolean;
      /** The visitor is asked before a new deployer's code runs, until they say otherwise. */
      askFirst?: boolean;
      lang?: string;
      theme?: string;
      /** The site would like a donor's standing consent to be used; it is nothing without one. */
      autostart: boolean;
    }
  | { to: 'manyhands-embed'; type: 'stop' };

/** The donor's phase and sums, as the site may know them. */
export interface EmbedStatus {
  phase: string;
  /** Whether a worker is wanted: from the donor's start to their stop. */
  running: boolean;
  slices: number;
  /** How many of `slices` have an error of their job for an outcome. */
  failed: number;
  /** Time in work functions, milliseconds. */
  computeMs: number;
  /** Units (1 credit = 10^9 units). */
  earned: bigint;
  /** Sandboxes at work. */
  sandboxes: number;
}

export type EmbedMessage =
  | { from: 'manyhands-embed'; type: 'height'; height: number }
  | ({ from: 'manyhands-embed'; type: 'status' } & EmbedStatus)
  | { from: 'manyhands-embed'; type: 'start' | 'stop' }
  | {
      from: 'manyhands-embed';
      type: 'result';
      jobId: string;
      count: number;
      failed: number;
      computeMs: number;
    }
  | { from: 'manyhands-embed'; type: 'payment'; jobId: string; amount: bigint }
  | { from: 'manyhands-embed'; type: 'error'; code: string; message: string };

type Fields = Record<string, unknown>;

/** All groups of the longest kind that a worker joins fit; a longer one is no list of groups. */
const JOIN_LENGTH_MAX = 20_000;

const EMBED_FIELDS: Record<
  EmbedMessage['type'],
  Record<string, 'number' | 'string' | 'bigint' | 'boolean'>
> = {
  height: { height: 'number' },
  status: {
    phase: 'string',
    running: 'boolean',
    slices: 'number',
    failed: 'number',
    computeMs: 'number',
    earned: 'bigint',
    sandboxes: 'number',
  },
  start: {},
  stop: {},
  result: { jobId: 'string', count: 'number', failed: 'number', computeMs: 'number' },
  payment: { jobId: 'string', amount: 'bigint' },
  error: { code: 'string', message: 'string' },
};

/** A message of the embedded document, with the fields that it must have and no others; nothing for anything else. */
export function readEmbedMessage(data: unknown): EmbedMessage | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const { from, type, ...rest } = data as Fields;
  if (from !== 'manyhands-embed' || typeof type !== 'string' || !Object.hasOwn(EMBED_FIELDS, type))
    return undefined;
  const wanted = EMBED_FIELDS[type as EmbedMessage['type']];
  const taken: Fields = { from, type };
  for (const [name, kind] of Object.entries(wanted)) {
    const value = rest[name];
    if (typeof value !== kind || (kind === 'number' && !Number.isFinite(value))) return undefined;
    taken[name] = value;
  }
  return taken as unknown as EmbedMessage;
}

/** A message of a site; limits that are none are left out. */
export function readSiteMessage(data: unknown): SiteMessage | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const { to, type, cores, share, bytesPerDay, join, lang, theme, ...flags } = data as Fields;
  if (to !== 'manyhands-embed') return undefined;
  if (type === 'stop') return { to, type };
  if (type !== 'configure') return undefined;
  return {
    to,
    type,
    cores: isLimit(cores, 1) ? Math.floor(cores) : undefined,
    share: isLimit(share, 0) ? Math.min(share, 1) : undefined,
    bytesPerDay: isLimit(bytesPerDay, 1) ? Math.floor(bytesPerDay) : undefined,
    join: typeof join === 'string' && join.length <= JOIN_LENGTH_MAX ? join : undefined,
    onlyGroups: flags.onlyGroups === true,
    askFirst: flags.askFirst === true,
    lang: typeof lang === 'string' ? lang.slice(0, 35) : undefined,
    theme: typeof theme === 'string' ? theme.slice(0, 10) : undefined,
    autostart: flags.autostart === true,
  };
}

function isLimit(value: unknown, above: number): value is number {
  return typeof value === 'number' && Number.isFinite(value) && (above === 0 ? value > 0 : value >= above);
}
