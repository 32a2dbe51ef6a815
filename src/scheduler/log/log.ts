/**
 * The operator's log: an event name and plain fields, never a secret. The composition root decides where it is written.
 * @module
 */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type Log = (level: LogLevel, event: string, fields?: Record<string, unknown>) => void;

export const silent: Log = () => undefined;
