/** Which declarations a user of the package can come to: the others are not shipped. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const SPECIFIER = /(?:\bfrom|\bimport)\s*\(?\s*['"](\.[^'"]+)\.js['"]/g;

/**
 * The declarations that the entries lead to, by the modules that each names, as absolute paths.
 *
 * @param {string[]} entries absolute paths of declarations
 * @returns {Promise<string[]>}
 */
export async function reachableTypes(entries) {
  const found = new Set();
  const next = [...entries];
  for (let file = next.pop(); file !== undefined; file = next.pop()) {
    if (found.has(file) || !existsSync(file)) continue;
    found.add(file);
    const text = await readFile(file, 'utf8');
    for (const [, path] of text.matchAll(SPECIFIER)) next.push(join(dirname(file), `${path}.d.ts`));
  }
  return [...found].sort();
}
