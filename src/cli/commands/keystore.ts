/** `manyhands keystore`: keystores of this user. @module */
import { Command } from 'commander';
import { wallet } from '../../entry/wallet.node.js';
import { examples } from '../help.js';

export function keystoreCommand(): Command {
  const keystore = new Command('keystore')
    .description('Keystores of this user: who you are (id) and who pays (default).')
    .addHelpText(
      'after',
      examples(
        ['manyhands keystore show', 'all labels and their addresses'],
        ['manyhands keystore create savings', 'a new one, with MANYHANDS_PASSPHRASE as its passphrase'],
      ),
    );
  keystore
    .command('create')
    .description(
      'Make a keystore with a new key. Its passphrase is taken from MANYHANDS_PASSPHRASE; empty without.',
    )
    .argument('<label>', 'name of the keystore')
    .addHelpText(
      'after',
      examples(['MANYHANDS_PASSPHRASE=… manyhands keystore create savings', 'a protected keystore']),
    )
    .action(async (label: string) => {
      const made = await wallet.create(label, { passphrase: process.env.MANYHANDS_PASSPHRASE ?? '' });
      console.log(`${label}  ${made.address}`);
    });
  keystore
    .command('show')
    .description('Show the addresses of keystores; with --json one encrypted keystore as it is stored.')
    .argument('[label]', 'only this one')
    .option('--json', 'the encrypted keystore itself, to keep a copy')
    .addHelpText(
      'after',
      examples(
        ['manyhands keystore show', 'all of them'],
        [
          'manyhands keystore show default --json > account.keystore',
          'a copy of the account, still encrypted',
        ],
      ),
    )
    .action(showKeystores);
  return keystore;
}

async function showKeystores(label: string | undefined, { json = false }: { json?: boolean }): Promise<void> {
  const labels = label === undefined ? await wallet.list() : [label];
  if (labels.length === 0) console.log('There are no keystores yet: the first job makes an identity.');
  for (const one of labels) {
    const found = await wallet.get(one);
    console.log(json ? JSON.stringify(found, null, 2) : `${one.padEnd(16)}  ${found.address}`);
  }
}
