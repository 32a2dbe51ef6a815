/** `manyhands account`: credits at a scheduler. @module */
import { Command } from 'commander';
import { getAccount, init, ManyhandsError } from '../../entry/deployer.node.js';
import { openOperator } from '../../entry/operator.node.js';
import { formatCredits, wallet, type Address } from '../../entry/wallet.node.js';
import { examples } from '../console/help.js';
import { address, dataDirOption, schedulerOption } from '../options/options.js';
import { parseCredits } from '../options/parse-options.js';

const OWN_LABEL = 'default';

export function accountCommand(): Command {
  const account = new Command('account')
    .description('Credits at a scheduler.')
    .addHelpText(
      'after',
      examples(
        ['manyhands account show', 'what your account (keystore "default") has'],
        ['manyhands account mint 0x… 100', 'as the operator: 100 credits from nothing'],
      ),
    );
  account
    .command('show')
    .description('Show what an account has, what waits in escrow for its jobs, and what it earned.')
    .argument('[address]', 'account (default: your keystore "default")', address)
    .addOption(schedulerOption())
    .option('--json', 'as JSON')
    .addHelpText('after', examples(['manyhands account show', 'your own account']))
    .action(showAccount);
  account
    .command('mint')
    .description(
      "Credit an account from nothing. Only the scheduler's operator can: the token is in its data folder.",
    )
    .argument('<address>', 'account to credit', address)
    .argument('<credits>', 'how many, up to nine decimals', parseCredits)
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
  const whose = given ?? (await ownAccount());
  const account = await getAccount(whose);
  const balance = formatCredits(account.balance);
  const escrow = formatCredits(account.escrow);
  const earned = formatCredits(account.earned);
  if (json) return console.log(JSON.stringify({ address: whose, balance, escrow, earned }));
  console.log(`account   ${whose}`);
  console.log(`balance   ${balance} credits`);
  console.log(`escrow    ${escrow} credits`);
  console.log(`earned    ${earned} credits`);
}

/** A look makes no keystore. @throws KEYSTORE_UNKNOWN where there is none yet */
async function ownAccount(): Promise<Address> {
  if ((await wallet.list()).includes(OWN_LABEL)) return (await wallet.get(OWN_LABEL)).address;
  const text =
    `You have no keystore "${OWN_LABEL}" yet: make it with 'manyhands keystore create ${OWN_LABEL}', ` +
    `or name an account.`;
  throw new ManyhandsError('KEYSTORE_UNKNOWN', text, { label: OWN_LABEL });
}

async function mint(
  whose: Address,
  units: bigint,
  { scheduler, dataDir }: { scheduler: string; dataDir: string },
): Promise<void> {
  const operator = await openOperator({ scheduler, dataDir });
  try {
    console.log(`${whose} has ${formatCredits(await operator.mint(whose, units))} credits now.`);
  } finally {
    await operator.close();
  }
}
