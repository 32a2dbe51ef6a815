/**
 * Formats help texts.
 * @module
 */
import { terminalWidth } from './terminal.js';

/**
 * Rewrites `help job results` to `job results --help`, because commander's `help` uses only its first argument, and
 * `-V` to `--version`, because commander supports one short form.
 */
export function helpAsOption(args: readonly string[]): string[] {
  if (args[0] === '-V') return ['--version', ...args.slice(1)];
  return args[0] === 'help' && args.length > 2 ? [...args.slice(1), '--help'] : [...args];
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
