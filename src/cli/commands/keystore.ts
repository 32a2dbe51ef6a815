/** `manyhands keystore`: manages the keystores of this user. @module */
import { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { isError, ManyhandsError } from '../../entry/texts.node.js';
import { Keystore, wallet } from '../../entry/wallet.node.js';
import { canAsk } from '../console/ask-passphrase.js';
import { describeError } from '../console/describe-error.js';
import { examples } from '../console/help.js';
import { existingPassphrase, newPassphrase } from '../console/keystore-passphrase.js';

const NEW_PASSPHRASE = 'MANYHANDS_NEW_PASSPHRASE';
const EXIT_FAILED = 1;

export function keystoreCommand(): Command {
  const keystore = new Command('keystore')
    .description('Keystores of this user: the identity (id) and the paying account (default).')
    .addHelpText(
      'after',
      examples(
        ['manyhands keystore show', 'all labels and their addresses'],
        ['manyhands keystore create savings', 'create one; asks for its passphrase on a terminal'],
        ['manyhands keystore import account.keystore', 'import one of geth, ethers, DCP or another machine'],
        ['manyhands keystore passphrase savings', 'change its passphrase'],
      ),
    );
  keystore
    .command('create')
    .description(
      'Create a keystore with a new key. The passphrase is read from MANYHANDS_PASSPHRASE or from the terminal; it is empty without either.',
    )
    .argument('<label>', 'name of the keystore')
    .addHelpText(
      'after',
      examples(['MANYHANDS_PASSPHRASE=… manyhands keystore create savings', 'a protected keystore']),
    )
    .action(create);
  keystore
    .command('import')
    .description(
      'Store a keystore file (Ethereum V3 JSON) under a label. It is unlocked once to check that its passphrase is known.',
    )
    .argument('<file>', 'the keystore file')
    .argument('[label]', "name of the keystore (default: the file's own label, or its name)")
    .addHelpText(
      'after',
      examples(
        ['manyhands keystore import account.keystore', 'under the label "account"'],
        ['MANYHANDS_PASSPHRASE=… manyhands keystore import UTC--2026 savings', 'under the label "savings"'],
      ),
    )
    .action(importFile);
  keystore
    .command('passphrase')
    .description(
      `Change the passphrase of a keystore: the old one is read from MANYHANDS_PASSPHRASE and the new one from ${NEW_PASSPHRASE}, or both from the terminal.`,
    )
    .argument('<label>', 'name of the keystore')
    .addHelpText(
      'after',
      examples(['manyhands keystore passphrase savings', 'asks for the old and the new one']),
    )
    .action(changePassphrase);
  keystore
    .command('show')
    .description(
      'Show the addresses of keystores; with a label and --json, show that keystore as it is stored.',
    )
    .argument('[label]', 'only this one')
    .option('--json', 'with a label: the encrypted keystore, as a backup; without: a list')
    .addHelpText(
      'after',
      examples(
        ['manyhands keystore show', 'all of them'],
        ['manyhands keystore show default --json > account.keystore', 'an encrypted backup of the account'],
      ),
    )
    .action((label: string | undefined, { json = false }: { json?: boolean }) =>
      label === undefined ? showAll(json) : showOne(label, json),
    );
  return keystore;
}

async function create(label: string): Promise<void> {
  const made = await wallet.create(label, { passphrase: await newPassphrase('MANYHANDS_PASSPHRASE') });
  console.log(`${label}  ${made.address}`);
}

async function importFile(file: string, given: string | undefined): Promise<void> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    const text = `The keystore file cannot be read: ${(cause as Error).message}.`;
    throw new ManyhandsError('INVALID_ARGUMENT', text, { argument: 'file' }, { cause });
  });
  const keystore = Keystore.fromJSON(text);
  const label = given ?? keystore.label ?? basename(file).replace(/\.(keystore|json)$/, '');
  await unlock(keystore, label);
  await wallet.add(keystore, label);
  console.log(`${label}  ${keystore.address}`);
}

/** Unlocks with the empty passphrase, else with the given or typed one. */
async function unlock(keystore: Keystore, label: string): Promise<void> {
  let error = await tryPassphrase(keystore, '');
  for (let attempt = 1; error !== undefined; attempt++) {
    const address = ''; // The file may not contain it.
    const passphrase = await existingPassphrase({ label, address, attempt });
    if (passphrase === undefined) throw error;
    error = await tryPassphrase(keystore, passphrase);
  }
}

async function tryPassphrase(keystore: Keystore, passphrase: string): Promise<Error | undefined> {
  try {
    await keystore.unlock(passphrase);
    return undefined;
  } catch (error) {
    if (isError(error, 'KEYSTORE_PASSPHRASE')) return error;
    throw error;
  }
}

async function changePassphrase(label: string): Promise<void> {
  const keystore = await wallet.get(label);
  if (process.env[NEW_PASSPHRASE] === undefined && !canAsk()) {
    throw new ManyhandsError(
      'INVALID_ARGUMENT',
      `The new passphrase is missing: set ${NEW_PASSPHRASE} (empty for no passphrase), or run this command on a terminal.`,
    );
  }
  await unlock(keystore, label);
  await wallet.changePassphrase(label, await newPassphrase(NEW_PASSPHRASE));
  console.log(`${label}  ${keystore.address}`);
}

async function showOne(label: string, json: boolean): Promise<void> {
  const keystore = await wallet.get(label);
  console.log(json ? JSON.stringify(keystore, null, 2) : `${label}  ${keystore.address}`);
}

/** Lists all keystores; one that cannot be read is reported on stderr, and the others are still listed. */
async function showAll(json: boolean): Promise<void> {
  const labels = await wallet.list();
  const tried = await Promise.allSettled(labels.map((label) => wallet.get(label)));
  const found = tried.flatMap((one, i) =>
    one.status === 'fulfilled' ? [{ label: labels[i]!, address: one.value.address }] : [],
  );
  if (json) console.log(JSON.stringify(found, null, 2));
  else if (labels.length === 0) console.log('There are no keystores yet: the first job creates an identity.');
  const width = Math.max(...labels.map((label) => label.length));
  if (!json) for (const { label, address } of found) console.log(`${label.padEnd(width)}  ${address}`);
  tried.forEach((one, i) => {
    if (one.status !== 'rejected') return;
    console.error(`${labels[i]!}: ${describeError(one.reason)}`);
    process.exitCode = EXIT_FAILED;
  });
}
