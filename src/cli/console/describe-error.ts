/**
 * An error as a person reads it: what is wrong and its code. A stack only where the fault may be ours.
 * @module
 */
import { isError, type ManyhandsError } from '../../entry/deployer.node.js';
import { printable } from '../../entry/texts.node.js';

/** The text for the terminal. */
export function describeError(error: unknown): string {
  if (isError(error)) {
    const isOurs = error.code === 'INTERNAL';
    return `manyhands: ${textOf(error)} [${error.code}]${isOurs ? `\n${error.stack ?? ''}` : ''}`;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `manyhands: unexpected: ${text.split('\n').map(printable).join('\n')}`;
}

/** Reasons for which what helps is another address, or a scheduler. */
const NOBODY_THERE: readonly unknown[] = ['refused', 'no-answer', undefined];

function textOf(error: ManyhandsError): string {
  // A list of what to do, and ours: nothing of it comes from others.
  if (error.code === 'ISOLATION_UNAVAILABLE') return error.message.split('\n').map(printable).join('\n');
  if (!isError(error, 'CONNECT_FAILED')) return printable(error.message);
  const { url, reason } = error.info as { url?: unknown; reason?: unknown };
  const isBusy = error.message.includes('HTTP 503');
  if (typeof url !== 'string' || isBusy || !NOBODY_THERE.includes(reason)) return printable(error.message);
  const address = printable(url.replace(/^ws/, 'http').replace(/\/socket$/, ''));
  return (
    `No scheduler answers at ${address}. Start one with 'npx manyhands scheduler', or name another with ` +
    '--scheduler or MANYHANDS_SCHEDULER.'
  );
}

/** Commander's complaint on one line: it writes "error: …", and what one may have meant on a line of its own. */
export function describeUsage(complaint: string): string {
  const plain = complaint.replace(/^error: /, '').replace(/^command-argument value /, 'the value ');
  const text = plain.replaceAll(/\s*\n\s*/g, ' ').replaceAll('\u2060', '');
  return `manyhands: ${text.trim()}\n`;
}
