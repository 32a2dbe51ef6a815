/** `manyhands account`: credits at a scheduler. @module */
import { Command } from 'commander';
import { getAccount, init } from '../../entry/deployer.node.js';
import { openOperator } from '../../entry/operator.node.js';
import { formatCredits, parseAddress, toUnits, wallet } from '../../entry/wallet.node.js';
import { examples } from '../help.js';
import { dataDirOption, schedulerOption } from '../options.js';

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
    .argument('[address]', 'account (default: your keystore "default")')
    .addOption(schedulerOption())
    .option('--json', 'as JSON')
    .addHelpText('after', examples(['manyhands account show', 'your own account']))
    .action(showAccount);
  account
    .command('mint')
    .description(
      "Credit an account from nothing. Only the scheduler's operator can: the token is in its data folder.",
    )
    .argument('<address>', 'account to credit')
    .argument('<credits>', 'how many, up to nine decimals')
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
  given: string | undefined,
  { scheduler, json }: { scheduler: string; json?: boolean },
): Promise<void> {
  init({ scheduler });
  const address = given === undefined ? (await wallet.get()).address : parseAddress(given);
  const account = await getAccount(address);
  const balance = formatCredits(account.balance);
  const escrow = formatCredits(account.escrow);
  const earned = formatCredits(account.earned);
  if (json) return console.log(JSON.stringify({ address, balance, escrow, earned }));
  console.log(`account   ${address}`);
  console.log(`balance   ${balance} credits`);
  console.log(`escrow    ${escrow} credits`);
  console.log(`earned    ${earned} credits`);
}

async function mint(
  given: string,
  credits: string,
  { scheduler, dataDir }: { scheduler: string; dataDir: string },
): Promise<void> {
  const address = parseAddress(given);
  const units = toUnits(credits);
  const operator = await openOperator({ scheduler, dataDir });
  try {
    console.log(`${address} has ${formatCredits(await operator.mint(address, units))} credits now.`);
  } finally {
    await operator.close();
  }
}
