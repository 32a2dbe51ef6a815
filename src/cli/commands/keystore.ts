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
    .description('Show the addresses of keystores; with a label and --json that keystore as it is stored.')
    .argument('[label]', 'only this one')
    .option('--json', 'of a label: the encrypted keystore itself, to keep a copy; of all: a list')
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
  const found = await Promise.all(
    labels.map(async (one) => ({ label: one, keystore: await wallet.get(one) })),
  );
  if (json) {
    const addresses = found.map((one) => ({ label: one.label, address: one.keystore.address }));
    console.log(JSON.stringify(label === undefined ? addresses : found[0]!.keystore, null, 2));
    return;
  }
  if (labels.length === 0) console.log('There are no keystores yet: the first job makes an identity.');
  const width = Math.max(...labels.map((one) => one.length));
  for (const one of found) console.log(`${one.label.padEnd(width)}  ${one.keystore.address}`);
}
