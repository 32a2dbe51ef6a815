/**
 * The messages between the element on a site and the scheduler's embedded document. Each side accepts a message only
 * from the other's window and origin, and validates it with the functions here.
 * @module
 */

/** The messages of a site. They can reduce what the donor allows, but not extend it, and cannot start the worker. */
export type SiteMessage =
  | {
      to: 'manyhands-embed';
      type: 'configure';
      cores?: number;
      share?: number;
      bytesPerDay?: number;
      /** Compute groups, as `key,secret` or join links, separated by spaces. The visitor sees them before starting. */
      join?: string;
      /** Whether only jobs of those groups run. */
      onlyGroups?: boolean;
      /** Whether the visitor is asked before the code of a new deployer runs, unless they change it. */
      askFirst?: boolean;
      lang?: string;
      theme?: string;
      /** Whether to start by a standing consent of the donor; ignored without one. */
      autostart: boolean;
    }
  | { to: 'manyhands-embed'; type: 'stop' };

/** The donor's state and totals that the site may know. */
export interface EmbedStatus {
  phase: string;
  /** Whether the donor has started the worker and not stopped it. */
  running: boolean;
  slices: number;
  /** Number of `slices` whose outcome is an error of their job. */
  failed: number;
  /** Time spent in work functions, milliseconds. */
  computeMs: number;
  /** Units (1 credit = 10^9 units). */
  earned: bigint;
  /** Number of sandboxes that compute. */
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

/** Maximum length of `join`, characters: enough for the largest number of groups with the longest keys and secrets. */
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

/** Validates a message of the embedded document and copies its known fields; undefined for anything else. */
export function readEmbedMessage(data: unknown): EmbedMessage | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const { from, type, ...rest } = data as Fields;
  if (from !== 'manyhands-embed' || typeof type !== 'string' || !Object.hasOwn(EMBED_FIELDS, type))
    return undefined;
  const expectedFields = EMBED_FIELDS[type as EmbedMessage['type']];
  const copy: Fields = { from, type };
  for (const [name, kind] of Object.entries(expectedFields)) {
    const value = rest[name];
    if (typeof value !== kind || (kind === 'number' && !Number.isFinite(value))) return undefined;
    copy[name] = value;
  }
  return copy as unknown as EmbedMessage;
}

/** Validates a message of a site; invalid limits are left out. */
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
