/**
 * How help texts look.
 * @module
 */

/** The examples under a command's help: what to type, and what it does. */
export function examples(...lines: [command: string, what: string][]): string {
  const width = Math.max(...lines.map(([command]) => command.length));
  const rows = lines.map(([command, what]) => `  $ ${command.padEnd(width)}  # ${what}`);
  return `\nExamples:\n${rows.join('\n')}\n`;
}
