/** `manyhands job`: manages deployed jobs of this user's identity. Each subcommand is a file in `job/`. @module */
import { Command } from 'commander';
import { examples } from '../console/help.js';
import { cancelCommand } from './job/cancel.js';
import { listCommand } from './job/list.js';
import { resultsCommand } from './job/results.js';
import { statusCommand } from './job/status.js';
import { topUpCommand } from './job/top-up.js';

export function jobCommand(): Command {
  const job = new Command('job')
    .description('Your jobs: progress, results, cancellation.')
    .addHelpText(
      'after',
      examples(
        ['manyhands job list', 'all of your jobs'],
        ['manyhands job status <id>', 'progress of a job'],
        ['manyhands job results <id> > results.jsonl', 'the results so far'],
        ['manyhands job cancel <id>', 'cancel it; its results are kept'],
      ),
    );
  for (const command of [listCommand, statusCommand, resultsCommand, topUpCommand, cancelCommand])
    job.addCommand(command());
  return job;
}
