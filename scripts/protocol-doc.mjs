/**
 * Writes the tables of docs/protocol.md from the schemas of the built library (`npm run build` first). Without `--write` it
 * only says whether they are up to date, by its exit code.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import prettier from 'prettier';
import { ROOT } from './build/paths.mjs';
import { builtProtocol } from './protocol/built-protocol.mjs';
import { writeTables } from './protocol/doc-tables.mjs';

const path = join(ROOT, 'docs', 'protocol.md');
const page = await readFile(path, 'utf8');
const { catalog, docs } = await builtProtocol();
const options = await prettier.resolveConfig(path);
const written = await prettier.format(writeTables(page, catalog, docs), { ...options, filepath: path });

if (written === page) {
  console.log('docs/protocol.md is up to date.');
} else if (process.argv.includes('--write')) {
  await writeFile(path, written);
  console.log('docs/protocol.md was written.');
} else {
  console.error('docs/protocol.md is not up to date: run `node scripts/protocol-doc.mjs --write`.');
  process.exitCode = 1;
}
