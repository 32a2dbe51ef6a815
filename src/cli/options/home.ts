/**
 * The folder of this user's keystores and, by default, of a scheduler's data.
 * @module
 */
import { homedir } from 'node:os';
import { join } from 'node:path';

/** `MANYHANDS_HOME`, or `~/.manyhands` if the variable is unset or empty. */
export function homeFolder(): string {
  return process.env.MANYHANDS_HOME || join(homedir(), '.manyhands');
}

/** The default data folder of a scheduler. */
export function defaultDataDir(): string {
  return join(homeFolder(), 'scheduler');
}
