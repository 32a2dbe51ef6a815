/** `manyhands doctor`: whether the books of a data folder are in order. @module */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { checkDataDir } from '../../entry/scheduler.node.js';
import { examples } from '../help.js';

const EXIT_UNSOUND = 1;

export function doctorCommand(): Command {
  return new Command('doctor')
    .description(
      "Check a scheduler's data folder: each slice in one place, each outcome paid once, a ledger of zero.",
    )
    .option('-d, --data-dir <folder>', 'which one (default: ~/.manyhands/scheduler)')
    .addHelpText('after', examples(['manyhands doctor --data-dir ./data', 'may run beside its scheduler']))
    .action(async ({ dataDir }: { dataDir?: string }) => {
      const home = process.env.MANYHANDS_HOME ?? join(homedir(), '.manyhands');
      const wrong = await checkDataDir(dataDir ?? join(home, 'scheduler'));
      for (const sentence of wrong) console.log(sentence);
      console.log(wrong.length === 0 ? 'Everything is in order.' : `${wrong.length} things are wrong.`);
      if (wrong.length > 0) process.exitCode = EXIT_UNSOUND;
    });
}
