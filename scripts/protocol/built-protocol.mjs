/** The catalog of messages and the job package of the built library, and the comments on their fields. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DIST, ROOT, SRC } from '../build/paths.mjs';
import { fieldDocs } from './field-docs.mjs';

/** Files of src/protocol with checks, by their path from there without `.ts`. */
export async function protocolFiles() {
  const folders = ['messages', 'schema'];
  const names = await Promise.all(
    folders.map(async (folder) => {
      const files = await readdir(join(SRC, 'protocol', folder));
      return files
        .filter((name) => /^[\w-]+\.ts$/.test(name))
        .map((name) => `${folder}/${name.slice(0, -3)}`);
    }),
  );
  return [...names.flat(), 'job/job-package'];
}

/** The library must be compiled. */
export async function builtProtocol() {
  const load = (path) => import(pathToFileURL(join(DIST, 'protocol', `${path}.js`)).href);
  const files = await protocolFiles();
  const modules = Object.fromEntries(await Promise.all(files.map(async (path) => [path, await load(path)])));
  return {
    catalog: modules['messages/catalog'].MESSAGE_CATALOG,
    jobPackage: modules['job/job-package'].jobPackage.schema,
    protocol: modules['messages/version'].PROTOCOL_VERSION,
    docs: fieldDocs(ROOT, modules),
  };
}
