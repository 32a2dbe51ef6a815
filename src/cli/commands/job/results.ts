/** `manyhands job results`: prints the available results of a job as lines of JSON. @module */
import { Command } from 'commander';
import { compute, fetchResults, init } from '../../../entry/deployer.node.js';
import { ManyhandsError } from '../../../entry/texts.node.js';
import { examples } from '../../console/help.js';
import { toJson } from '../../console/to-json.js';
import { jobIdArgument, schedulerOption } from '../../options/options.js';
import { parseRange } from '../../options/parse-range.js';

/** Number of slices for one request, so that a large job is never completely in memory. */
const PAGE_SLICES = 10_000;

export function resultsCommand(): Command {
  return new Command('results')
    .description(
      'Print the available results in order, one line of JSON for each slice; failed slices have an "error".',
    )
    .addArgument(jobIdArgument())
    .option('--range <from-to>', 'only these slices, counted from 1', parseRange)
    .option('--json', 'has no effect: the output is always JSON, one value on each line')
    .addOption(schedulerOption())
    .addHelpText('after', examples(['manyhands job results <id> --range 1-100', 'the first hundred']))
    .action(printResults);
}

async function printResults(
  id: string,
  options: { scheduler: string; range?: [number, number] },
): Promise<void> {
  init({ scheduler: options.scheduler });
  const { total } = await compute.status(id);
  const [first, last] = options.range ?? [1, total];
  if (options.range !== undefined && first > total) {
    const text = `Job ${id} has no slice ${first}: it has ${total}${total === 1 ? ' slice' : ' slices'}.`;
    throw new ManyhandsError('INVALID_ARGUMENT', text, { argument: '--range' });
  }
  const end = Math.min(last, total);
  for (let from = first; from <= end; from += PAGE_SLICES) {
    const page = await fetchResults(id, [from, Math.min(end, from + PAGE_SLICES - 1)]);
    for (const { slice, value, error } of page) {
      console.log(toJson(error === undefined ? { slice, value } : { slice, error }));
    }
  }
}
