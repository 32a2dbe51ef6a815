/**
 * Reads a passphrase from the terminal without showing it.
 * @module
 */
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

/** Whether stdin and stderr are a terminal. */
export const canAsk = (): boolean => process.stdin.isTTY === true && process.stderr.isTTY === true;

/**
 * @param question the prompt, printed on stderr to keep stdout for the result
 * @returns the typed line; `undefined` after Ctrl-C or Ctrl-D
 */
export function askPassphrase(question: string): Promise<string | undefined> {
  const discard = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: discard, terminal: true, historySize: 0 });
  process.stderr.write(question);
  return new Promise((resolve) => {
    lines.once('line', (line) => {
      resolve(line);
      lines.close();
    });
    lines.once('SIGINT', () => lines.close());
    lines.once('close', () => {
      process.stderr.write('\n');
      resolve(undefined);
    });
  });
}
