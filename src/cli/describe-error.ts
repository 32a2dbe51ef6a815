/**
 * An error as a person reads it: what is wrong and its code. A stack only where the fault may be ours.
 * @module
 */
import { isError } from '../entry/deployer.node.js';

/** The text for the terminal. */
export function describeError(error: unknown): string {
  if (isError(error)) {
    const isOurs = error.code === 'INTERNAL';
    return `manyhands: ${error.message} [${error.code}]${isOurs ? `\n${error.stack ?? ''}` : ''}`;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `manyhands: unexpected: ${text}`;
}
