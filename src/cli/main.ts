#!/usr/bin/env node
/**
 * The command line: `manyhands <command>`, with one file for each command. An error prints a message and exits with
 * code 1, a usage error with 2; neither shows a stack.
 * @module
 */
import { CommanderError } from 'commander';
import { isError } from '../entry/texts.node.js';
import { watchStandardOutput } from './console/closed-pipe.js';
import { describeError } from './console/describe-error.js';
import { helpAsOption } from './console/help.js';
import { prefixDashedIds } from './options/options.js';
import { makeProgram } from './program.js';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
/** Codes of usage errors that are detected after commander has parsed the arguments. */
const USAGE_CODES = ['INVALID_ARGUMENT', 'UNKNOWN_OPTION', 'ADDRESS_MALFORMED'] as const;

watchStandardOutput();
try {
  const args = process.argv.slice(2);
  const program = await makeProgram(args[0] === 'help' ? args[1] : args[0]);
  if (args[0] === 'complete') {
    const { addCompletion } = await import('./commands/completion.js');
    await addCompletion(program);
    await program.parseAsync(args, { from: 'user' });
  } else {
    await program.parseAsync(prefixDashedIds(helpAsOption(program, args)), { from: 'user' });
  }
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has printed the error already; help and version exit with 0.
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
  } else {
    console.error(describeError(error));
    process.exitCode = USAGE_CODES.some((code) => isError(error, code)) ? EXIT_USAGE : EXIT_FAILED;
  }
}
