/** `manyhands job cancel`: cancels jobs; their results are kept. @module */
import { Command } from 'commander';
import { compute, init } from '../../../entry/deployer.node.js';
import { describeError } from '../../console/describe-error.js';
import { examples } from '../../console/help.js';
import { formatSlices } from '../../console/job-text.js';
import { jobIdsArgument, schedulerOption } from '../../options/options.js';

const EXIT_FAILED = 1;

export function cancelCommand(): Command {
  return new Command('cancel')
    .description('Cancel jobs; their results are kept, their escrow is returned.')
    .addArgument(jobIdsArgument())
    .option(
      '--reason <text>',
      'reason, which programs that follow the job receive',
      'cancelled from the command line',
    )
    .addOption(schedulerOption())
    .addHelpText(
      'after',
      examples(['manyhands job cancel <id> --reason "wrong input"', 'cancel it with a reason']),
    )
    .action(cancel);
}

/** Cancels jobs one after another; an error does not prevent the next one. */
async function cancel(
  ids: readonly string[],
  { scheduler, reason }: { scheduler: string; reason: string },
): Promise<void> {
  init({ scheduler });
  for (const id of ids) {
    try {
      const ended = await compute.cancel(id, reason);
      console.log(`${id} is ${ended.runStatus}: ${formatSlices(ended)}.`);
    } catch (error) {
      if (ids.length === 1) throw error;
      console.error(`${id}: ${describeError(error)}`);
      process.exitCode = EXIT_FAILED;
    }
  }
}
