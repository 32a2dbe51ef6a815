/**
 * The donor's settings. They are read from a store that any script of this origin can write, and from links: every
 * field is checked, and an invalid one becomes its default.
 * @module
 */

import { parseAddress } from 'manyhands/wallet';
import { JOINED_GROUPS_MAX, NAME_LENGTH_MAX } from '../../src/entry/page.browser.js';

export interface Group {
  key: string;
  /** SHA-256 of its secret; the secret itself where this page cannot compute one. */
  secretHash?: string;
  secret?: string;
}

/** Who is paid: nobody, a key that is stored in this browser, or an address of the donor's. */
export type Payment = { to: 'nobody' } | { to: 'browser' } | { to: 'address'; address: string };

export interface BlockedJob {
  id: string;
  name: string;
}

export interface Settings {
  /** Sandboxes at work at most. */
  cores: number;
  /** Share of each core's time, above 0 and at most 1. */
  share: number;
  onlyPlugged: boolean;
  avoidMetered: boolean;
  onlyIdle: boolean;
  pauseUnderPressure: boolean;
  /** Hours of the day, local time, like `22:00-07:00`; empty: all day. */
  hours: string;
  /** Paused until this time, milliseconds since 1970; 0: not paused. */
  snoozeUntilMs: number;
  groups: Group[];
  /** Whether public jobs run too, beside those of the groups. */
  publicGroup: boolean;
  payment: Payment;
  allowOrigins: string[];
  blockedJobs: BlockedJob[];
  blockedOwners: string[];
  askBeforeNewOwner: boolean;
  admittedOwners: string[];
  /** Download and upload together, MiB a day. */
  mebibytesPerDay: number;
  /** Whether the worker starts when the page is opened. */
  autostart: boolean;
  language: 'auto' | 'en' | 'de';
  theme: 'auto' | 'light' | 'dark';
}

export const LISTED_MAX = 200;
export const MEBIBYTES_MAX = 1_000_000;
/** The least share that can be chosen. */
export const SHARE_MIN = 0.1;
const GROUP_TEXT_MAX = 256;
/** The scheduler's limit: docs/protocol.md, `ORIGIN_LENGTH_MAX`. */
const ORIGIN_MAX = 300;

const HOURS_PATTERN = /^(?!(.{5})-\1)([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$/;
const HASH_PATTERN = /^[0-9a-f]{64}$/;
const ID_PATTERN = /^[A-Za-z0-9_-]{22}$/;

/** `cores`: how many this machine has. One is left to its owner where there is more than one. */
export function defaultSettings(cores: number): Settings {
  return {
    cores: Math.max(1, cores - 1),
    share: 1,
    onlyPlugged: false,
    avoidMetered: true,
    onlyIdle: false,
    pauseUnderPressure: false,
    hours: '',
    snoozeUntilMs: 0,
    groups: [],
    publicGroup: true,
    payment: { to: 'nobody' },
    allowOrigins: [],
    blockedJobs: [],
    blockedOwners: [],
    askBeforeNewOwner: false,
    admittedOwners: [],
    mebibytesPerDay: 2_048,
    autostart: false,
    language: 'auto',
    theme: 'auto',
  };
}

/** Settings from what was stored, field by field. `cores`: how many this machine has. */
export function readSettings(stored: unknown, cores: number): Settings {
  const from = (typeof stored === 'object' && stored !== null ? stored : {}) as Record<string, unknown>;
  const base = defaultSettings(cores);
  const flag = (name: keyof Settings): boolean => {
    const value = from[name];
    return typeof value === 'boolean' ? value : (base[name] as boolean);
  };
  return {
    cores: Math.round(within(from.cores, 1, cores, base.cores)),
    share: within(from.share, SHARE_MIN, 1, base.share),
    onlyPlugged: flag('onlyPlugged'),
    avoidMetered: flag('avoidMetered'),
    onlyIdle: flag('onlyIdle'),
    pauseUnderPressure: flag('pauseUnderPressure'),
    hours: typeof from.hours === 'string' && HOURS_PATTERN.test(from.hours) ? from.hours : base.hours,
    snoozeUntilMs: Math.round(within(from.snoozeUntilMs, 0, Number.MAX_SAFE_INTEGER, base.snoozeUntilMs)),
    groups: listOf(from.groups, readGroup, JOINED_GROUPS_MAX),
    publicGroup: flag('publicGroup'),
    payment: readPayment(from.payment),
    allowOrigins: listOf(from.allowOrigins, readOrigin),
    blockedJobs: listOf(from.blockedJobs, readBlockedJob),
    blockedOwners: listOf(from.blockedOwners, readAddress),
    askBeforeNewOwner: flag('askBeforeNewOwner'),
    admittedOwners: listOf(from.admittedOwners, readAddress),
    mebibytesPerDay: Math.round(within(from.mebibytesPerDay, 1, MEBIBYTES_MAX, base.mebibytesPerDay)),
    autostart: flag('autostart'),
    language: oneOf(from.language, ['auto', 'en', 'de'] as const),
    theme: oneOf(from.theme, ['auto', 'light', 'dark'] as const),
  };
}

/** In lower case; undefined if it is no address, or if its capitals (the EIP-55 checksum) are wrong. */
export function readAddress(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  try {
    return parseAddress(value);
  } catch {
    return undefined;
  }
}

/** The origin of an `https` site, or of `http` on this machine; undefined for an address with a path. */
export function readOrigin(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > 500) return undefined;
  const text = /^[a-z]+:\/\//i.test(value.trim()) ? value.trim() : `https://${value.trim()}`;
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  // Only whole origins can be allowed; a host name without a dot is refused, except localhost.
  if (url.href !== `${url.origin}/` || !/^[a-z0-9.-]*\.[a-z0-9.-]+$|^\[.+\]$|^localhost$/.test(url.hostname))
    return undefined;
  const local = url.protocol === 'http:' && /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname);
  if (url.origin.length > ORIGIN_MAX) return undefined;
  return url.protocol === 'https:' || local ? url.origin : undefined;
}

export function readGroup(value: unknown): Group | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { key, secret, secretHash } = value as Record<string, unknown>;
  if (typeof key !== 'string' || key.trim() === '' || key.length > NAME_LENGTH_MAX) return undefined;
  if (typeof secretHash === 'string' && HASH_PATTERN.test(secretHash)) return { key, secretHash };
  if (typeof secret === 'string' && secret !== '' && secret.length <= GROUP_TEXT_MAX) return { key, secret };
  return { key };
}

function readPayment(value: unknown): Payment {
  if (typeof value !== 'object' || value === null) return { to: 'nobody' };
  const { to, address } = value as Record<string, unknown>;
  if (to === 'browser') return { to };
  const read = readAddress(address);
  return to === 'address' && read !== undefined ? { to, address: read } : { to: 'nobody' };
}

function readBlockedJob(value: unknown): BlockedJob | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { id, name } = value as Record<string, unknown>;
  if (typeof id !== 'string' || !ID_PATTERN.test(id)) return undefined;
  return { id, name: typeof name === 'string' ? name.slice(0, GROUP_TEXT_MAX) : '' };
}

function within(value: unknown, low: number, high: number, otherwise: number): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) return otherwise;
  return Math.min(Math.max(value, low), Math.max(low, high));
}

function oneOf<T extends string>(value: unknown, choices: readonly [T, ...T[]]): T {
  return choices.find((choice) => choice === value) ?? choices[0];
}

function listOf<T>(value: unknown, read: (item: unknown) => T | undefined, max = LISTED_MAX): T[] {
  if (!Array.isArray(value)) return [];
  return value
    .slice(-max)
    .map(read)
    .filter((item) => item !== undefined);
}
