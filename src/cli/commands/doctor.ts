/**
 * `manyhands doctor`: what this machine has to keep strangers' code in, and whether the books of a data folder are in
 * order.
 * @module
 */
import { Command } from 'commander';
import { checkDataDir, hasDataDir } from '../../entry/scheduler.node.js';
import { examineIsolations, HOW_TO_GET_ONE } from '../../entry/worker.node.js';
import { examples } from '../help.js';
import { dataDirOption } from '../options.js';
import { printable } from '../terminal.js';

const EXIT_UNSOUND = 1;

export function doctorCommand(): Command {
  return new Command('doctor')
    .description(
      "Tell what this machine has to keep strangers' code in, and check a scheduler's data folder: each slice in one place, each outcome paid once, a ledger of zero.",
    )
    .addOption(dataDirOption('which one'))
    .option('--json', 'as JSON')
    .addHelpText('after', examples(['manyhands doctor --data-dir ./data', 'may run beside its scheduler']))
    .action(check);
}

async function check(
  { dataDir, json }: { dataDir: string; json?: boolean },
  command: Command,
): Promise<void> {
  const isNamed = command.getOptionValueSource('dataDir') !== 'default';
  const [isolations, wrong] = await Promise.all([examineIsolations(), findWrong(dataDir, isNamed)]);
  if (wrong !== undefined && wrong.length > 0) process.exitCode = EXIT_UNSOUND;
  if (json)
    return console.log(JSON.stringify({ isolations, dataDir, ...(wrong === undefined ? {} : { wrong }) }));
  if (!isolations.some(({ problem }) => problem === undefined)) console.log(HOW_TO_GET_ONE);
  for (const { isolation, path, version = '', problem } of isolations) {
    const found =
      problem === undefined
        ? `${version.padEnd(16)} ${path}`
        : `${path} does not work: ${printable(problem)}`;
    console.log(`${isolation.padEnd(9)} ${found}`);
  }
  if (wrong === undefined)
    return console.log(`There is no scheduler's data in ${dataDir}, and nothing to check.`);
  for (const sentence of wrong) console.log(sentence);
  if (wrong.length === 0) console.log(`Everything is in order in ${dataDir}.`);
  else console.log(wrong.length === 1 ? 'One thing is wrong.' : `${wrong.length} things are wrong.`);
}

/** Undefined where there is no data, and nobody said that there is. */
async function findWrong(dataDir: string, isNamed: boolean): Promise<string[] | undefined> {
  return isNamed || hasDataDir(dataDir) ? checkDataDir(dataDir) : undefined;
}
