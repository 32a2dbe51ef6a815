/** `manyhands job topup`: raises the ceiling of a paid job. @module */
import { Command } from 'commander';
import { attach, compute, init } from '../../../entry/deployer.node.js';
import { formatCredits, wallet } from '../../../entry/wallet.node.js';
import { examples } from '../../console/help.js';
import { jobIdArgument, schedulerOption } from '../../options/options.js';
import { parseCredits } from '../../options/parse-options.js';

export function topUpCommand(): Command {
  return new Command('topup')
    .description('Raise the ceiling of a paid job; a job that is paused for lack of funds is resumed.')
    .addArgument(jobIdArgument())
    .argument('<credits>', 'maximum cost of the whole job', parseCredits)
    .option('--keystore <label>', 'keystore of the paying account', 'default')
    .addOption(schedulerOption())
    .addHelpText('after', examples(['manyhands job topup <id> 50', 'up to fifty credits for the whole job']))
    .action(topUp);
}

async function topUp(
  id: string,
  ceiling: bigint,
  { scheduler, keystore }: { scheduler: string; keystore: string },
): Promise<void> {
  init({ scheduler });
  const job = await attach(id);
  await job.topUp(formatCredits(ceiling), await wallet.get(keystore));
  const { runStatus } = await compute.status(id);
  console.log(`${id} may now cost ${formatCredits(ceiling)} credits; it is ${runStatus}.`);
}
