/** `manyhands job logs`: what the slices of a job print, until it ends. @module */
import { Command } from 'commander';
import { examples } from '../../console/help.js';
import { jobIdArgument, schedulerOption } from '../../options/options.js';
import { watchJob } from './watch.js';

export function logsCommand(): Command {
  return new Command('logs')
    .description('Print what the slices of a job print from now on, and their errors, until it ends.')
    .addArgument(jobIdArgument())
    .option('--json', 'one line of JSON for each output and error')
    .addOption(schedulerOption())
    .addHelpText('after', examples(['manyhands job logs <id>', 'as manyhands job watch <id> --logs']))
    .action((id: string, options: { json?: boolean; scheduler: string }) =>
      watchJob(id, { ...options, logs: true }),
    );
}
