/**
 * What the scheduler says to its operator: one event, some plain fields, never a secret. The entry decides where to.
 * @module
 */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type Log = (level: LogLevel, event: string, fields?: Record<string, unknown>) => void;

export const silent: Log = () => undefined;
