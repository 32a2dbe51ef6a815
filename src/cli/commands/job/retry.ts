/** `manyhands job retry`: runs failed and cancelled slices of a job again, in place. @module */
import { Command } from 'commander';
import { attach, init } from '../../../entry/deployer.node.js';
import { examples } from '../../console/help.js';
import { toJson } from '../../console/to-json.js';
import { jobIdArgument, schedulerOption } from '../../options/options.js';
import { parseRange } from '../../options/parse-range.js';

export function retryCommand(): Command {
  return new Command('retry')
    .description('Run the slices again that failed or were cancelled; those with a result stay as they are.')
    .addArgument(jobIdArgument())
    .option('--range <from-to>', 'only these slices, counted from 1', parseRange)
    .option('--json', 'as JSON')
    .addOption(schedulerOption())
    .addHelpText(
      'after',
      examples(
        ['manyhands job retry <id>', 'all that failed'],
        ['manyhands job retry <id> --range 1-100', 'what failed of the first hundred'],
      ),
    )
    .action(retry);
}

interface Options {
  range?: [number, number];
  json?: boolean;
  scheduler: string;
}

async function retry(id: string, { range, json, scheduler }: Options): Promise<void> {
  init({ scheduler });
  const job = await attach(id);
  const slices = await job.retry(range ?? 'failed');
  if (json === true) return console.log(toJson({ jobId: id, slices }));
  if (slices === 0) return console.log(`No slice of ${id} runs again: none of them failed.`);
  console.log(`${slices} ${slices === 1 ? 'slice runs' : 'slices run'} again.`);
}
