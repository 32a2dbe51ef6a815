/**
 * Errors as messages that a donor can act on: a message of ours for known codes, else the error's own text.
 * @module
 */
import { isError, type WorkerEvents } from 'manyhands/worker';
import type { MessageKey } from '../i18n/en.js';
import type { LogEntry } from './donor-events.js';
import { safeText } from './safe-text.js';
import { worktimeText } from './worktime-label.js';

const ERROR_TEXT_MAX = 300;

const BY_CODE: Record<string, MessageKey> = {
  CONNECT_FAILED: 'error.connect',
  PROTOCOL_VERSION: 'error.version',
  ISOLATION_UNAVAILABLE: 'error.isolation',
  STORE_UNUSABLE: 'error.storage',
  SANDBOX_CRASHED: 'error.crashed',
  ASSIGN_FAILED: 'error.setUp',
  SLICE_TIMEOUT: 'error.timeout',
  NO_PROGRESS: 'error.noProgress',
};

export function codeOf(error: unknown): string | undefined {
  return isError(error) ? error.code : undefined;
}

const ANSWER_MS_MAX = 5_000;

/** Whether the scheduler answers: without it a start fails with many codes, none of them caused by this browser. */
export function isReachable(scheduler: string): Promise<boolean> {
  const asked = fetch(`${scheduler}/healthz`, {
    cache: 'no-store',
    signal: AbortSignal.timeout(ANSWER_MS_MAX),
  });
  return asked.then(
    () => true,
    () => false,
  );
}

/** `key`: a message with a `{why}`. Text of a scheduler or a job is truncated, as all untrusted text. */
export function failure(key: MessageKey, error: unknown, named: { name?: string } = {}): LogEntry {
  const known = BY_CODE[codeOf(error) ?? ''];
  const text = safeText(error instanceof Error ? error.message : String(error), ERROR_TEXT_MAX);
  const tone = key === 'log.warning' || key === 'log.warningJob' ? 'wait' : 'bad';
  if (known === undefined) return { key, values: { ...named, why: text }, tone };
  return { key, values: { ...named, why: { key: known } }, tone, detail: text };
}

/** `nameOf`: the name of a known job; the message names the job if the worker knows it. */
export function warning(error: Error, nameOf: (jobId: string) => string): LogEntry {
  const { jobId } = (error as { info?: { jobId?: unknown } }).info ?? {};
  const name = typeof jobId === 'string' ? nameOf(jobId) : '';
  if (name === '') return failure('log.warning', error);
  return failure('log.warningJob', error, { name });
}

/** The entry for a worktime that does not start any more, or starts again. */
export function worktimeEntry({ name, isOffered, reason }: WorkerEvents['worktime']): LogEntry {
  const values = { worktime: worktimeText(name) };
  if (isOffered) return { key: 'log.worktimeBack', values, tone: 'good' };
  return { key: 'log.worktimeGone', values, tone: 'bad', detail: safeText(reason ?? '', ERROR_TEXT_MAX) };
}
