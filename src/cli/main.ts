#!/usr/bin/env node
/**
 * The command line: `manyhands <command>`. Each command is a file; errors of the user end with a sentence and exit
 * code 1, wrong usage with 2, and no stack is shown for either.
 * @module
 */
import { Command, CommanderError } from 'commander';
import { readFileSync } from 'node:fs';
import { accountCommand } from './commands/account.js';
import { demoCommand } from './commands/demo.js';
import { doctorCommand } from './commands/doctor.js';
import { jobCommand } from './commands/job.js';
import { keystoreCommand } from './commands/keystore.js';
import { schedulerCommand } from './commands/scheduler.js';
import { workerCommand } from './commands/worker.js';
import { describeError } from './describe-error.js';
import { examples } from './help.js';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const program = new Command('manyhands')
  .description(
    'Volunteer computing for the web: run a scheduler, lend a machine, look after jobs and credits.',
  )
  .version(version)
  .exitOverride()
  .configureHelp({ showGlobalOptions: true })
  .addHelpText(
    'after',
    examples(
      ['manyhands demo', 'two jobs from start to end on this machine'],
      ['manyhands scheduler', 'a scheduler on http://localhost:8462'],
      ['manyhands worker', 'lend this machine to your own jobs'],
      ['manyhands job status <id>', 'how far a job is'],
    ),
  );
for (const make of [
  demoCommand,
  schedulerCommand,
  workerCommand,
  jobCommand,
  keystoreCommand,
  accountCommand,
  doctorCommand,
]) {
  program.addCommand(make());
}

/** Subcommands do not take over what their parent says on errors. */
function overrideExit(command: Command): void {
  command.exitOverride();
  command.commands.forEach(overrideExit);
}

overrideExit(program);
try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has said what is wrong; help and version are no failure.
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
  } else {
    console.error(describeError(error));
    process.exitCode = EXIT_FAILED;
  }
}
