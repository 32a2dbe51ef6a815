/**
 * Reads the passphrases of the keystore commands from the environment, else from the terminal.
 * @module
 */
import type { PassphraseSource } from '../../entry/wallet.node.js';
import { askPassphrase, canAsk } from './ask-passphrase.js';
import { ManyhandsError, printable } from '../../entry/texts.node.js';

/** The passphrase of an existing keystore: from MANYHANDS_PASSPHRASE, which is tried once, else from the terminal. */
export const existingPassphrase: PassphraseSource = ({ label, attempt }) => {
  const given = process.env.MANYHANDS_PASSPHRASE;
  if (given) return attempt === 1 ? given : undefined;
  if (!canAsk()) return undefined;
  return askPassphrase(`Passphrase of ${label === undefined ? 'the keystore' : `"${printable(label)}"`}: `);
};

/**
 * Reads the passphrase of a new file; on the terminal it is typed twice.
 * @param variable the environment variable that can contain it
 * @returns '' if the variable is not set and there is no terminal
 * @throws INVALID_ARGUMENT if the two differ or the input was cancelled
 */
export async function newPassphrase(variable: string): Promise<string> {
  const given = process.env[variable];
  if (given !== undefined && given !== '') return given;
  if (!canAsk()) return '';
  const first = await askPassphrase('New passphrase (empty for none): ');
  const second = first === undefined || first === '' ? first : await askPassphrase('Repeat it: ');
  if (first !== undefined && first === second) return first;
  throw new ManyhandsError(
    'INVALID_ARGUMENT',
    first === undefined || second === undefined
      ? 'No passphrase was given. Nothing was changed.'
      : 'The two passphrases differ. Nothing was changed.',
  );
}
