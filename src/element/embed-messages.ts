/**
 * The messages between the element on a site and the scheduler's embedded document. Each side accepts a message only
 * from the other's window and origin, and validates it with the functions here.
 * @module
 */
import { ERROR_TEXT_LENGTH_MAX, NAME_LENGTH_MAX } from '../protocol/limits.js';
import { tryCheck, type Infer, type MapOf } from '../protocol/schema/check.js';
import { object, tagged } from '../protocol/schema/composites.js';
import { boolean, number, oneOf, text, units } from '../protocol/schema/scalars.js';

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

const statusFields = {
  phase: text(NAME_LENGTH_MAX),
  /** Whether the donor has started the worker and not stopped it. */
  running: boolean,
  slices: number(),
  /** Number of `slices` whose outcome is an error of their job. */
  failed: number(),
  /** Time spent in work functions, milliseconds. */
  computeMs: number(),
  /** Units (1 credit = 10^9 units). */
  earned: units,
  /** Number of sandboxes that compute. */
  sandboxes: number(),
};
/** The donor's state and totals that the site may know. */
export interface EmbedStatus extends MapOf<typeof statusFields> {}

const from = oneOf('manyhands-embed');
const jobId = text(NAME_LENGTH_MAX);
const embedMessage = tagged('type', {
  height: object({ from, type: oneOf('height'), height: number() }),
  status: object({ from, type: oneOf('status'), ...statusFields }),
  start: object({ from, type: oneOf('start') }),
  stop: object({ from, type: oneOf('stop') }),
  result: object({
    ...{ from, type: oneOf('result'), jobId },
    ...{ count: number(), failed: number(), computeMs: number() },
  }),
  payment: object({ from, type: oneOf('payment'), jobId, amount: units }),
  error: object({
    from,
    type: oneOf('error'),
    code: text(NAME_LENGTH_MAX),
    message: text(ERROR_TEXT_LENGTH_MAX),
  }),
});
export type EmbedMessage = Infer<typeof embedMessage>;

/** A message of the embedded document, with its known fields only; undefined for anything else. */
export function readEmbedMessage(data: unknown): EmbedMessage | undefined {
  const checked = tryCheck(embedMessage, data);
  return 'ok' in checked ? checked.ok : undefined;
}

type Fields = Record<string, unknown>;

/** Maximum length of `join`, characters: enough for the largest number of groups with the longest keys and secrets. */
const JOIN_LENGTH_MAX = 20_000;

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
