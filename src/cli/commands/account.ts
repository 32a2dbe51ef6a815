/** `manyhands account`: credits at a scheduler. @module */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { getAccount, init } from '../../entry/deployer.node.js';
import { openOperator } from '../../entry/operator.node.js';
import { formatCredits, parseAddress, toUnits, wallet } from '../../entry/wallet.node.js';
import { examples } from '../help.js';
import { schedulerOption } from '../options.js';

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
    .option('-d, --data-dir <folder>', "the scheduler's data folder (default: ~/.manyhands/scheduler)")
    .addHelpText(
      'after',
      examples(['manyhands account mint 0x… 2.5 --data-dir ./data', 'two and a half credits']),
    )
    .action(mint);
  return account;
}

async function showAccount(address: string | undefined, { scheduler }: { scheduler: string }): Promise<void> {
  init({ scheduler });
  const whose = address === undefined ? (await wallet.get()).address : parseAddress(address);
  const { balance, escrow, earned } = await getAccount(whose);
  console.log(`account   ${whose}`);
  console.log(`balance   ${formatCredits(balance)} credits`);
  console.log(`escrow    ${formatCredits(escrow)} credits`);
  console.log(`earned    ${formatCredits(earned)} credits`);
}

async function mint(
  address: string,
  credits: string,
  { scheduler, dataDir }: { scheduler: string; dataDir?: string },
): Promise<void> {
  const whose = parseAddress(address);
  const units = toUnits(credits);
  const home = process.env.MANYHANDS_HOME ?? join(homedir(), '.manyhands');
  const operator = await openOperator({ scheduler, dataDir: dataDir ?? join(home, 'scheduler') });
  try {
    console.log(`${whose} has ${formatCredits(await operator.mint(whose, units))} credits now.`);
  } finally {
    await operator.close();
  }
}
