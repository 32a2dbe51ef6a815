/**
 * Formats an error for the terminal: its message and code, and the stack only if it may be a bug of manyhands.
 * @module
 */
import {
  isError,
  isNoScheduler,
  type ManyhandsError,
  noSchedulerText,
  printable,
} from '../../entry/texts.node.js';

/** The text of any thrown value. */
export function describeError(error: unknown): string {
  if (isError(error)) {
    const isBug = error.code === 'INTERNAL';
    return `manyhands: ${textOf(error)} [${error.code}]${isBug ? `\n${error.stack ?? ''}` : ''}`;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `manyhands: unexpected: ${text.split('\n').map(printable).join('\n')}`;
}

function textOf(error: ManyhandsError): string {
  // A list of instructions over several lines, without untrusted text.
  if (error.code === 'ISOLATION_UNAVAILABLE') return error.message.split('\n').map(printable).join('\n');
  const { url } = error.info as { url?: unknown };
  if (typeof url !== 'string' || !isNoScheduler(error)) return printable(error.message);
  return noSchedulerText(printable(url.replace(/^ws/, 'http').replace(/\/socket$/, '')), '--scheduler');
}

/** A usage error of commander on one line: commander writes "error: …" and the suggestion on a separate line. */
export function describeUsage(usageError: string): string {
  const plain = usageError.replace(/^error: /, '').replace(/^command-argument value /, 'the value ');
  const text = plain.replaceAll(/\s*\n\s*/g, ' ').replaceAll('\u2060', '');
  return `manyhands: ${text.trim()}\n`;
}
