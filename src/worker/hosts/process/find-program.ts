/**
 * Finds executables on this machine.
 * @module
 */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter } from 'node:path';

/** The environment variables that are read: MANYHANDS_DENO or MANYHANDS_CHROMIUM, and PATH. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The folders of the PATH. */
export function searchFolders(env: Environment): string[] {
  return (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
}

/** Whether there is a file at the path that this user may execute. */
export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
