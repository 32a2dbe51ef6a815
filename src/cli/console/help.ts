/**
 * Formats help texts.
 * @module
 */
import type { Command } from 'commander';
import { terminalWidth } from './terminal.js';

/**
 * Rewrites `help job results` to `job results --help`, because commander's `help` uses only its first argument, and
 * `-V` to `--version`, because commander supports one short form. Help on an unknown command is not asked for: commander
 * would print that of the group, and not that the command is unknown.
 */
export function helpAsOption(program: Command, args: readonly string[]): string[] {
  if (args[0] === '-V') return ['--version', ...args.slice(1)];
  const asOption = args[0] === 'help' && args.length > 1 ? [...args.slice(1), '--help'] : [...args];
  return namesUnknown(program, asOption) ? asOption.filter((arg) => !HELP_OPTIONS.includes(arg)) : asOption;
}
const HELP_OPTIONS = ['-h', '--help'];

/** Whether the words before the first option name a command that does not exist. */
function namesUnknown(program: Command, args: readonly string[]): boolean {
  let command = program;
  for (const word of args) {
    if (word.startsWith('-') || word === 'help' || command.commands.length === 0) return false;
    const next = command.commands.find((one) => one.name() === word);
    if (next === undefined) return true;
    command = next;
  }
  return false;
}

/** Formats the examples of a command's help; on a narrow terminal the description is above the command. */
export function examples(...lines: [command: string, what: string][]): () => string {
  return () => formatExamples(lines, terminalWidth());
}

/** The examples for a terminal of that width, columns. */
export function formatExamples(
  lines: readonly (readonly [command: string, what: string])[],
  columns: number,
): string {
  const widest = Math.max(...lines.map(([command]) => command.length));
  const rows = lines.map(([command, what]) => `  $ ${command.padEnd(widest)}  # ${what}`);
  const fits = rows.every((row) => row.length <= columns);
  const shown = fits ? rows : lines.map(([command, what]) => `  # ${what}\n  $ ${command}`);
  return `\nExamples:\n${shown.join('\n')}`;
}
