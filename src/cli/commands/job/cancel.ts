/** `manyhands job cancel`: cancels jobs; their results are kept. @module */
import { Command } from 'commander';
import { attach, compute, init } from '../../../entry/deployer.node.js';
import { describeError } from '../../console/describe-error.js';
import { examples } from '../../console/help.js';
import { formatSlices } from '../../console/job-text.js';
import { toJson } from '../../console/to-json.js';
import { jobIdsArgument, schedulerOption } from '../../options/options.js';
import { parseRange } from '../../options/parse-range.js';

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
    .option('--range <from-to>', 'only these slices, counted from 1: those that are not finished', parseRange)
    .option('--json', 'as JSON, a line for each job')
    .addOption(schedulerOption())
    .addHelpText(
      'after',
      examples(
        ['manyhands job cancel <id> --reason "wrong input"', 'cancel it with a reason'],
        ['manyhands job cancel <id> --range 101-200', 'cancel some slices; the rest goes on'],
      ),
    )
    .action(cancel);
}

interface Options {
  scheduler: string;
  reason: string;
  range?: [number, number];
  json?: boolean;
}

/** Cancels jobs one after another; an error does not prevent the next one. */
async function cancel(ids: readonly string[], { scheduler, reason, range, json }: Options): Promise<void> {
  init({ scheduler });
  for (const id of ids) {
    try {
      const ended =
        range === undefined
          ? await compute.cancel(id, reason)
          : await (await attach(id)).cancel(reason, { range });
      const { runStatus, total, computed, failed } = ended;
      if (json === true) console.log(toJson({ jobId: id, runStatus, total, computed, failed }));
      else console.log(`${id} is ${ended.runStatus}: ${formatSlices(ended)}.`);
    } catch (error) {
      if (ids.length === 1) throw error;
      console.error(`${id}: ${describeError(error)}`);
      process.exitCode = EXIT_FAILED;
    }
  }
}
