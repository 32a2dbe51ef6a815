/**
 * Formats an error for the terminal: its message and code, and the stack only if it may be a bug of manyhands.
 * @module
 */
import { isError, type ManyhandsError } from '../../entry/deployer.node.js';
import { printable } from '../../entry/texts.node.js';

/** The text of any thrown value. */
export function describeError(error: unknown): string {
  if (isError(error)) {
    const isBug = error.code === 'INTERNAL';
    return `manyhands: ${textOf(error)} [${error.code}]${isBug ? `\n${error.stack ?? ''}` : ''}`;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `manyhands: unexpected: ${text.split('\n').map(printable).join('\n')}`;
}

/** Reasons of CONNECT_FAILED that another address or a started scheduler would resolve. */
const NO_SCHEDULER_REASONS: readonly unknown[] = ['refused', 'no-answer', undefined];

function textOf(error: ManyhandsError): string {
  // A list of instructions over several lines, without untrusted text.
  if (error.code === 'ISOLATION_UNAVAILABLE') return error.message.split('\n').map(printable).join('\n');
  if (!isError(error, 'CONNECT_FAILED')) return printable(error.message);
  const { url, reason } = error.info as { url?: unknown; reason?: unknown };
  const isBusy = error.message.includes('HTTP 503');
  if (typeof url !== 'string' || isBusy || !NO_SCHEDULER_REASONS.includes(reason))
    return printable(error.message);
  const address = printable(url.replace(/^ws/, 'http').replace(/\/socket$/, ''));
  return (
    `No scheduler answers at ${address}. Start one with 'npx manyhands scheduler', or name another with ` +
    '--scheduler or MANYHANDS_SCHEDULER.'
  );
}

/** A usage error of commander on one line: commander writes "error: …" and the suggestion on a separate line. */
export function describeUsage(usageError: string): string {
  const plain = usageError.replace(/^error: /, '').replace(/^command-argument value /, 'the value ');
  const text = plain.replaceAll(/\s*\n\s*/g, ' ').replaceAll('\u2060', '');
  return `manyhands: ${text.trim()}\n`;
}
