/**
 * dist/protocol/limits.json, error-codes.json and messages.schema.json: what clients in other languages need, from the
 * compiled library.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { builtProtocol } from '../protocol/built-protocol.mjs';
import { jsonText, messagesSchema } from '../protocol/json-schema.mjs';
import { DIST } from './paths.mjs';

/** Writes the files. The library must be compiled. */
export async function writeWireTables() {
  const folder = join(DIST, 'protocol');
  const { limitsTable, errorCodesTable } = await import(
    pathToFileURL(join(folder, 'wire', 'wire-tables.js')).href
  );
  const write = (name, table) => writeFile(join(folder, name), jsonText(table));
  await write('limits.json', limitsTable());
  await write('error-codes.json', errorCodesTable());
  const { catalog, ...options } = await builtProtocol();
  await write('messages.schema.json', messagesSchema(catalog, options));
}
