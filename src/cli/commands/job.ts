/** `manyhands job`: manages deployed jobs of this user's identity. Each subcommand is a file in `job/`. @module */
import { Command } from 'commander';
import { examples } from '../console/help.js';
import { addCommand } from './job/add.js';
import { cancelCommand } from './job/cancel.js';
import { closeCommand } from './job/close.js';
import { deployCommand } from './job/deploy.js';
import { listCommand } from './job/list.js';
import { logsCommand } from './job/logs.js';
import { resultsCommand } from './job/results.js';
import { retryCommand } from './job/retry.js';
import { statusCommand } from './job/status.js';
import { topUpCommand } from './job/top-up.js';
import { watchCommand } from './job/watch.js';

const COMMANDS = [
  deployCommand,
  listCommand,
  statusCommand,
  watchCommand,
  logsCommand,
  resultsCommand,
  addCommand,
  closeCommand,
  retryCommand,
  topUpCommand,
  cancelCommand,
];

export function jobCommand(): Command {
  const job = new Command('job')
    .description('Your jobs: deployment, progress, results, cancellation.')
    .addHelpText(
      'after',
      examples(
        ['manyhands job deploy work.js < in.jsonl', 'a slice for each line'],
        ['manyhands job list', 'all of your jobs'],
        ['manyhands job status <id>', 'progress of a job'],
        ['manyhands job results <id> > results.jsonl', 'the results so far'],
        ['manyhands job retry <id>', 'run what failed again'],
        ['manyhands job cancel <id>', 'cancel it; its results are kept'],
      ),
    );
  for (const command of COMMANDS) job.addCommand(command());
  return job;
}
