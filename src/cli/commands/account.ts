/** `manyhands account`: credits at a scheduler. @module */
import { Command } from 'commander';
import { getAccount, init } from '../../entry/deployer.node.js';
import { ManyhandsError } from '../../entry/texts.node.js';
import { openOperator } from '../../entry/operator.node.js';
import { formatCredits, wallet, type Address } from '../../entry/wallet.node.js';
import { examples } from '../console/help.js';
import { addressOption, dataDirOption, schedulerOption } from '../options/options.js';
import { parseCredits } from '../options/parse-options.js';

const OWN_LABEL = 'default';

export function accountCommand(): Command {
  const account = new Command('account')
    .description('Credits at a scheduler.')
    .addHelpText(
      'after',
      examples(
        ['manyhands account show', 'the balance of your account (keystore "default")'],
        ['manyhands account mint 0x… 100', 'as the operator: create 100 credits'],
      ),
    );
  account
    .command('show')
    .description('Show the balance of an account, its escrow for jobs, and its earnings.')
    .argument('[address]', 'account (default: your keystore "default")', addressOption)
    .addOption(schedulerOption())
    .option('--json', 'as JSON')
    .addHelpText('after', examples(['manyhands account show', 'your own account']))
    .action(showAccount);
  account
    .command('mint')
    .description(
      "Create credits on an account. Only the scheduler's operator can: the token is in its data folder.",
    )
    .argument('<address>', 'account to credit', addressOption)
    .argument('<credits>', 'amount, with up to nine decimals', parseCredits)
    .addOption(schedulerOption())
    .addOption(dataDirOption("the scheduler's data folder"))
    .addHelpText(
      'after',
      examples(['manyhands account mint 0x… 2.5 --data-dir ./data', 'two and a half credits']),
    )
    .action(mint);
  return account;
}

async function showAccount(
  given: Address | undefined,
  { scheduler, json }: { scheduler: string; json?: boolean },
): Promise<void> {
  init({ scheduler });
  const account = given ?? (await ownAccount());
  const info = await getAccount(account);
  const balance = formatCredits(info.balance);
  const escrow = formatCredits(info.escrow);
  const earned = formatCredits(info.earned);
  if (json) return console.log(JSON.stringify({ address: account, balance, escrow, earned }));
  console.log(`account   ${account}`);
  console.log(`balance   ${balance} credits`);
  console.log(`escrow    ${escrow} credits`);
  console.log(`earned    ${earned} credits`);
}

/** The address of the user's account. It does not create a keystore. @throws KEYSTORE_UNKNOWN if there is none */
async function ownAccount(): Promise<Address> {
  if ((await wallet.list()).includes(OWN_LABEL)) return (await wallet.get(OWN_LABEL)).address;
  const text =
    `There is no keystore "${OWN_LABEL}" yet: create it with 'manyhands keystore create ${OWN_LABEL}', ` +
    `or give the address of an account.`;
  throw new ManyhandsError('KEYSTORE_UNKNOWN', text, { label: OWN_LABEL });
}

async function mint(
  account: Address,
  units: bigint,
  { scheduler, dataDir }: { scheduler: string; dataDir: string },
): Promise<void> {
  const operator = await openOperator({ scheduler, dataDir });
  try {
    console.log(`${account} now has ${formatCredits(await operator.mint(account, units))} credits.`);
  } finally {
    await operator.close();
  }
}
