/**
 * Where the passphrases of the keystore commands come from: the environment, else whoever sits at the terminal.
 * @module
 */
import { ManyhandsError } from '../../entry/deployer.node.js';
import type { PassphraseSource } from '../../entry/wallet.node.js';
import { askPassphrase, canAsk } from './ask-passphrase.js';
import { printable } from '../../entry/texts.node.js';

/** The passphrase of a keystore that is there: MANYHANDS_PASSPHRASE once, then the terminal. */
export const existingPassphrase: PassphraseSource = ({ label, attempt }) => {
  const given = process.env.MANYHANDS_PASSPHRASE;
  if (given) return attempt === 1 ? given : undefined;
  if (!canAsk()) return undefined;
  return askPassphrase(`Passphrase of ${label === undefined ? 'the keystore' : `"${printable(label)}"`}: `);
};

/**
 * A passphrase for a new file, typed twice where it is asked for.
 * @param variable the environment variable that has it
 * @returns '' where nobody gave one and nobody can be asked
 * @throws INVALID_ARGUMENT where the two differ, or the question was broken off
 */
export async function newPassphrase(variable: string): Promise<string> {
  const given = process.env[variable];
  if (given !== undefined && given !== '') return given;
  if (!canAsk()) return '';
  const first = await askPassphrase('New passphrase (empty for none): ');
  const second = first === undefined || first === '' ? first : await askPassphrase('The same again: ');
  if (first !== undefined && first === second) return first;
  throw new ManyhandsError(
    'INVALID_ARGUMENT',
    first === undefined || second === undefined
      ? 'No passphrase was given, and nothing was changed.'
      : 'The two passphrases differ, and nothing was changed.',
  );
}
