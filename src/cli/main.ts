#!/usr/bin/env node
/**
 * The command line: `manyhands <command>`. Each command is a file; what could not be done ends with a sentence and exit
 * code 1, wrong usage with 2, and no stack is shown for either.
 * @module
 */
import { CommanderError } from 'commander';
import { isError } from '../entry/deployer.node.js';
import { describeError } from './console/describe-error.js';
import { helpAsOption } from './console/help.js';
import { shieldIds } from './options/options.js';
import { makeProgram } from './program.js';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
/** A value that no run of the command could take, found out after commander had read it. */
const USAGE_CODES = ['INVALID_ARGUMENT', 'UNKNOWN_OPTION', 'ADDRESS_MALFORMED'] as const;

// Whoever reads may stop (`| head`): then there is nobody to write for.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});
try {
  await makeProgram().parseAsync(shieldIds(helpAsOption(process.argv.slice(2))), { from: 'user' });
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has said what is wrong; help and version are no failure.
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
  } else {
    console.error(describeError(error));
    process.exitCode = USAGE_CODES.some((code) => isError(error, code)) ? EXIT_USAGE : EXIT_FAILED;
  }
}
