/** `manyhands job close`: closes an open job, which is complete when all of its slices are finished. @module */
import { Command } from 'commander';
import { attach, init } from '../../../entry/deployer.node.js';
import { examples } from '../../console/help.js';
import { formatSlices } from '../../console/job-text.js';
import { jobIdArgument, schedulerOption } from '../../options/options.js';

export function closeCommand(): Command {
  return new Command('close')
    .description('Close an open job to more slices: it is complete when all of its slices are finished.')
    .addArgument(jobIdArgument())
    .addOption(schedulerOption())
    .addHelpText('after', examples(['manyhands job close <id>', 'no more slices']))
    .action(close);
}

async function close(id: string, { scheduler }: { scheduler: string }): Promise<void> {
  init({ scheduler });
  const job = await attach(id);
  await job.close();
  console.log(`${id} is closed: ${formatSlices(job.status)}.`);
}
