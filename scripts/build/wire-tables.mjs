/** dist/protocol/limits.json and error-codes.json: what clients in other languages need, from the compiled tables. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DIST } from './paths.mjs';

/** Writes both files. The library must be compiled. */
export async function writeWireTables() {
  const folder = join(DIST, 'protocol');
  const { limitsTable, errorCodesTable } = await import(
    pathToFileURL(join(folder, 'wire', 'wire-tables.js')).href
  );
  const write = (name, table) => writeFile(join(folder, name), `${JSON.stringify(table, null, 2)}\n`);
  await write('limits.json', limitsTable());
  await write('error-codes.json', errorCodesTable());
}
