/**
 * Asks for a passphrase on the terminal, without showing what is typed.
 * @module
 */
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

/** Whether somebody can be asked. */
export const canAsk = (): boolean => process.stdin.isTTY === true && process.stderr.isTTY === true;

/**
 * @param question printed on stderr, so that stdout stays for the result
 * @returns what was typed up to Return; `undefined` after Ctrl-C or Ctrl-D
 */
export function askPassphrase(question: string): Promise<string | undefined> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 });
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
