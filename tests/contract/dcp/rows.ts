/**
 * The rows of docs/coming-from-dcp.md, and what a check of one is.
 * @module
 */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { isError } from 'manyhands';

/** Checks what a row says. The key is the row's first cell. */
export type Checks = Record<string, () => unknown>;

/** The first cells of all tables of the page. */
export function rowsOfPage(): string[] {
  const page = readFileSync('docs/coming-from-dcp.md', 'utf8');
  const rows = [...page.matchAll(/^\| (.+?) +\| .*\|$/gm)].map(([, cell = '']) => cell);
  return rows.filter((cell) => cell !== 'there' && !/^-+$/.test(cell));
}

/** The code that a call fails with. */
export async function codeOf(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    if (isError(error)) return error.code;
    throw error;
  }
  return 'none';
}

/** These names are absent. */
export function expectAbsent(owner: object, ...names: string[]): void {
  expect(names.filter((name) => name in owner)).toEqual([]);
}
