/**
 * Errors in words that a donor can act on: by their code where there is something to say, else in the error's own.
 * @module
 */
import { isError, type WorkerEvents } from 'manyhands/worker';
import type { MessageKey } from '../i18n/en.js';
import type { LogEntry } from './donor-events.js';
import { safeText } from './safe-text.js';
import { worktimeWord } from './worktime-word.js';

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

/** Whether the scheduler answers: without it a start fails in many ways, none of which is this browser's fault. */
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

/** `key`: a message with a place for `why`. What a scheduler or a job wrote is cut like all text of strangers. */
export function failure(key: MessageKey, error: unknown, named: { name?: string } = {}): LogEntry {
  const known = BY_CODE[codeOf(error) ?? ''];
  const text = safeText(error instanceof Error ? error.message : String(error), ERROR_TEXT_MAX);
  const tone = key === 'log.warning' || key === 'log.warningJob' ? 'wait' : 'bad';
  if (known === undefined) return { key, values: { ...named, why: text }, tone };
  return { key, values: { ...named, why: { key: known } }, tone, detail: text };
}

/** `nameOf`: the name of a job that was met; a hitch says of which job it is, where the worker knows. */
export function warning(error: Error, nameOf: (jobId: string) => string): LogEntry {
  const { jobId } = (error as { info?: { jobId?: unknown } }).info ?? {};
  const name = typeof jobId === 'string' ? nameOf(jobId) : '';
  if (name === '') return failure('log.warning', error);
  return failure('log.warningJob', error, { name });
}

/** A worktime that does not start any more, or starts again. */
export function worktimeEntry({ name, isOffered, reason }: WorkerEvents['worktime']): LogEntry {
  const values = { worktime: worktimeWord(name) };
  if (isOffered) return { key: 'log.worktimeBack', values, tone: 'good' };
  return { key: 'log.worktimeGone', values, tone: 'bad', detail: safeText(reason ?? '', ERROR_TEXT_MAX) };
}
