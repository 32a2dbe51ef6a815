/**
 * The program with all commands, and the format of its usage errors.
 * @module
 */
import { Command } from 'commander';
import { describeUsage } from './console/describe-error.js';
import { examples } from './console/help.js';
import { ownVersion } from './options/own-package.js';

/** The commands in the order of the help. Each is loaded when it is wanted: together they load the whole package. */
const COMMANDS = {
  demo: async () => (await import('./commands/demo.js')).demoCommand,
  init: async () => (await import('./commands/init.js')).initCommand,
  map: async () => (await import('./commands/map.js')).mapCommand,
  scheduler: async () => (await import('./commands/scheduler.js')).schedulerCommand,
  worker: async () => (await import('./commands/worker.js')).workerCommand,
  job: async () => (await import('./commands/job.js')).jobCommand,
  keystore: async () => (await import('./commands/keystore.js')).keystoreCommand,
  account: async () => (await import('./commands/account.js')).accountCommand,
  operator: async () => (await import('./commands/operator.js')).operatorCommand,
  doctor: async () => (await import('./commands/doctor.js')).doctorCommand,
  completion: async () => (await import('./commands/completion.js')).completionCommand,
};

function isCommand(name: string): name is keyof typeof COMMANDS {
  return Object.hasOwn(COMMANDS, name);
}

/**
 * Creates the command line parser. A usage error is printed and throws a `CommanderError`.
 * @param name the command that is to be run; the parser has it alone if it exists, else all
 */
export async function makeProgram(name = ''): Promise<Command> {
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
  const wanted = isCommand(name) ? [COMMANDS[name]] : Object.values(COMMANDS);
  for (const make of await Promise.all(wanted.map((load) => load()))) program.addCommand(make());
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
