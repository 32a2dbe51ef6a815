/**
 * Formats the scheduler's log as lines with time, level, event and fields, as text or as JSON. Fields can hold text of
 * untrusted clients, so control characters are escaped; repeated events are limited to a rate and counted.
 * @module
 */
import type { CancelTimer, Clock } from '../../lib/clock.js';
import { escapeControls } from '../../lib/terminal-text.js';
import type { Log, LogLevel } from './log.js';

export type LogFormat = 'text' | 'json';

export const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
export const LOG_FORMATS: readonly LogFormat[] = ['text', 'json'];

export interface LogLinesOptions {
  clock: Clock;
  /** Writes one line; it has no line terminator. */
  write: (line: string) => void;
  /** @default 'text' */
  format?: LogFormat;
  /** Lowest level that is written. @default 'info' */
  level?: LogLevel;
}

/** Lines of one event in a second; further ones are counted and reported in one line. */
const LINES_PER_SECOND_MAX = 50;
const SECOND_MS = 1_000;
/** Longest field, in UTF-16 code units. */
const FIELD_LENGTH_MAX = 2_000;
const LEVEL_WIDTH = 5;

interface Counted {
  lines: number;
  suppressed: number;
  level: LogLevel;
  cancel: CancelTimer | undefined;
}

/** A log that writes lines. */
export function logLines({ clock, write, format = 'text', level = 'info' }: LogLinesOptions): Log {
  const minLevel = LOG_LEVELS.indexOf(level);
  const counts = new Map<string, Counted>();
  const line = (of: LogLevel, event: string, fields: Record<string, unknown>): void => {
    const time = new Date(clock.wallMs()).toISOString();
    write(format === 'json' ? jsonLine(time, of, event, fields) : textLine(time, of, event, fields));
  };
  const endOfSecond = (event: string): void => {
    const { suppressed, level: of } = counts.get(event)!;
    counts.delete(event);
    if (suppressed > 0) line(of, event, { repeated: suppressed });
  };
  return (of, event, fields = {}) => {
    if (LOG_LEVELS.indexOf(of) < minLevel) return;
    const count = counts.get(event) ?? { lines: 0, suppressed: 0, level: of, cancel: undefined };
    counts.set(event, count);
    count.cancel ??= clock.after(SECOND_MS, () => endOfSecond(event), { background: true });
    if (count.lines < LINES_PER_SECOND_MAX) line(of, event, fields);
    else count.suppressed += 1;
    count.lines += 1;
  };
}

function textLine(time: string, level: LogLevel, event: string, fields: Record<string, unknown>): string {
  const parts = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${textOf(value)}`);
  return [time, level.padEnd(LEVEL_WIDTH), escapeControls(event), ...parts].join(' ');
}

function jsonLine(time: string, level: LogLevel, event: string, fields: Record<string, unknown>): string {
  return escapeControls(
    JSON.stringify({ time, level, event, ...fields }, (_key, value: unknown) => plain(value)),
  );
}

/** Unquoted when it has only letters, digits and a few marks, otherwise a JSON string. */
function textOf(value: unknown): string {
  const found = plain(value);
  const text = typeof found === 'string' ? found : (JSON.stringify(found) ?? '');
  return /^[\p{L}\p{N}_.:/@+-]+$/u.test(text) ? text : escapeControls(JSON.stringify(text));
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'string' && value.length > FIELD_LENGTH_MAX)
    return `${value.slice(0, FIELD_LENGTH_MAX)}…`;
  return value;
}
