/** `manyhands doctor`: whether the books of a data folder are in order. @module */
import { Command } from 'commander';
import { checkDataDir } from '../../entry/scheduler.node.js';
import { examples } from '../help.js';
import { dataDirOption } from '../options.js';

const EXIT_UNSOUND = 1;

export function doctorCommand(): Command {
  return new Command('doctor')
    .description(
      "Check a scheduler's data folder: each slice in one place, each outcome paid once, a ledger of zero.",
    )
    .addOption(dataDirOption('which one'))
    .option('--json', 'as JSON')
    .addHelpText('after', examples(['manyhands doctor --data-dir ./data', 'may run beside its scheduler']))
    .action(check);
}

async function check({ dataDir, json }: { dataDir: string; json?: boolean }): Promise<void> {
  const wrong = await checkDataDir(dataDir);
  if (wrong.length > 0) process.exitCode = EXIT_UNSOUND;
  if (json) return console.log(JSON.stringify({ dataDir, wrong }));
  for (const sentence of wrong) console.log(sentence);
  if (wrong.length === 0) console.log(`Everything is in order in ${dataDir}.`);
  else console.log(wrong.length === 1 ? 'One thing is wrong.' : `${wrong.length} things are wrong.`);
}
