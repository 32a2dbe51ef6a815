/**
 * How help texts look.
 * @module
 */
import { terminalWidth } from './terminal.js';

/**
 * `help job results` as `job results --help`: commander's own `help` looks at its first word alone. And `-V` as
 * `--version`: commander takes one short form, and people type either.
 */
export function helpAsOption(args: readonly string[]): string[] {
  if (args[0] === '-V') return ['--version', ...args.slice(1)];
  return args[0] === 'help' && args.length > 2 ? [...args.slice(1), '--help'] : [...args];
}

/** The examples under a command's help: what to type, and what it does; on a narrow terminal, one above the other. */
export function examples(...lines: [command: string, what: string][]): () => string {
  return () => formatExamples(lines, terminalWidth());
}

/** The text for so many columns. */
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
