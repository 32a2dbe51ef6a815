/**
 * Where this user's keystores and, by default, a scheduler's data are.
 * @module
 */
import { homedir } from 'node:os';
import { join } from 'node:path';

/** `MANYHANDS_HOME`, or `~/.manyhands`; an empty variable is as good as none. */
export function homeFolder(): string {
  return process.env.MANYHANDS_HOME || join(homedir(), '.manyhands');
}

/** The data folder of a scheduler for which none was named. */
export function defaultDataDir(): string {
  return join(homeFolder(), 'scheduler');
}
