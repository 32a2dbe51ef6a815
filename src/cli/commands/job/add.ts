/** `manyhands job add`: adds a slice to an open job for each line of standard input. @module */
import { Command } from 'commander';
import { addSlices, init } from '../../../entry/deployer.node.js';
import { examples } from '../../console/help.js';
import { openMapInput } from '../../input/input-formats.js';
import { addInputOptions, inputFormat, type InputOptions } from '../../input/input-options.js';
import { RunReader } from '../../input/run-reader.js';
import { jobIdArgument, schedulerOption } from '../../options/options.js';

export function addCommand(): Command {
  const command = new Command('add')
    .description('Add a slice to an open job for each line of standard input.')
    .addArgument(jobIdArgument());
  return addInputOptions(command)
    .addOption(schedulerOption())
    .addHelpText(
      'after',
      examples(['manyhands job add <id> < more.jsonl', 'more slices for a job of --open']),
    )
    .action(add);
}

async function add(id: string, options: InputOptions & { scheduler: string }): Promise<void> {
  init({ scheduler: options.scheduler });
  const reader = new RunReader((await openMapInput(inputFormat(options), options.files)).runs);
  const { count, firstSliceNumber, lastSliceNumber } = await addSlices(reader, id);
  if (count > 0) console.log(`Added ${count} slices, ${firstSliceNumber} to ${lastSliceNumber}.`);
  else console.log('Added no slices.');
  if (reader.error !== undefined) throw reader.error;
}
