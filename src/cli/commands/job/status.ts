/** `manyhands job status`: shows the progress of a job. @module */
import { Command } from 'commander';
import { compute, init } from '../../../entry/deployer.node.js';
import { NO_WORKERS_MESSAGE, printable } from '../../../entry/texts.node.js';
import { formatCredits } from '../../../entry/wallet.node.js';
import { examples } from '../../console/help.js';
import { formatRunStatus } from '../../console/job-text.js';
import { toJson } from '../../console/to-json.js';
import { jobIdArgument, schedulerOption } from '../../options/options.js';

export function statusCommand(): Command {
  return new Command('status')
    .description('Show the progress of a job.')
    .addArgument(jobIdArgument())
    .addOption(schedulerOption())
    .option('--json', 'as JSON')
    .addHelpText('after', examples(['manyhands job status <id>', 'finished, failed and all slices']))
    .action(showStatus);
}

async function showStatus(id: string, options: { scheduler: string; json?: boolean }): Promise<void> {
  init({ scheduler: options.scheduler });
  const status = await compute.status(id);
  const { runStatus, total, distributed, computed, failed, workers, paid, open, reason } = status;
  if (options.json) {
    const shown = { jobId: id, runStatus, open, total, distributed, computed, failed, workers, paid, reason };
    return console.log(toJson(shown));
  }
  const why = reason === undefined || reason === '' ? '' : ` (${printable(reason)})`;
  console.log(`job       ${id}`);
  console.log(`status    ${formatRunStatus(status)}${why}${open ? ', open for more slices' : ''}`);
  console.log(`slices    ${computed} of ${total} finished, ${failed} of them failed`);
  console.log(`workers   ${workers}`);
  console.log(`paid      ${formatCredits(paid)} credits`);
  if (runStatus === 'running' && workers === 0 && computed < total) {
    console.log(NO_WORKERS_MESSAGE);
  }
}
