/**
 * The program with all commands, and the format of its usage errors.
 * @module
 */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { accountCommand } from './commands/account.js';
import { completionCommand } from './commands/completion.js';
import { demoCommand } from './commands/demo.js';
import { doctorCommand } from './commands/doctor.js';
import { jobCommand } from './commands/job.js';
import { keystoreCommand } from './commands/keystore.js';
import { mapCommand } from './commands/map.js';
import { operatorCommand } from './commands/operator.js';
import { schedulerCommand } from './commands/scheduler.js';
import { workerCommand } from './commands/worker.js';
import { describeUsage } from './console/describe-error.js';
import { examples } from './console/help.js';

/** Creates the command line parser. A usage error is printed and throws a `CommanderError`. */
export function makeProgram(): Command {
  const program = new Command('manyhands')
    .description('Volunteer computing for the web: run a scheduler or a worker, manage jobs and credits.')
    .version(ownVersion(), '-v, --version', 'print the version')
    .addHelpText(
      'after',
      examples(
        ['manyhands demo', 'two complete jobs on this machine'],
        ['manyhands scheduler', 'a scheduler on http://localhost:8462'],
        ['manyhands worker', 'a worker for the jobs of that scheduler'],
        ["seq 9 | manyhands map --local -e 'x => x * x'", 'a function on each line of the input'],
        ['manyhands job status <id>', 'progress of a job'],
      ),
    );
  const commands = [
    demoCommand,
    mapCommand,
    schedulerCommand,
    workerCommand,
    jobCommand,
    keystoreCommand,
    accountCommand,
    operatorCommand,
    doctorCommand,
    completionCommand,
  ];
  for (const make of commands) program.addCommand(make());
  configure(program);
  return program;
}

/** Configures a command and its subcommands, which do not inherit these settings. */
function configure(command: Command): void {
  command.exitOverride();
  command.configureHelp({ minWidthToWrap: 20 });
  command.helpOption('-h, --help', 'show this help');
  command.configureOutput({ outputError: (text, write) => write(describeUsage(text)) });
  if (command.commands.length > 0) command.helpCommand('help [command]', 'show the help of a command');
  command.commands.forEach(configure);
}

function ownVersion(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
