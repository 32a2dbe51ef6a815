/** Whether a build is needed: the digest of its inputs, and whether all that it made is still there. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { filesBelow } from './files.mjs';
import { CACHE, DIST, PAGE, ROOT, SRC } from './paths.mjs';

const STAMP = join(CACHE, 'build.json');
const SINGLE_INPUTS = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'scripts/build.mjs',
];

/** A digest of everything that the build reads. */
export async function inputsDigest() {
  const files = [
    ...SINGLE_INPUTS.map((name) => join(ROOT, name)).filter(existsSync),
    ...(await filesBelow(join(ROOT, 'scripts', 'build'))),
    ...(await filesBelow(join(ROOT, 'scripts', 'protocol'))),
    ...(await filesBelow(SRC)).filter((file) => !/\.test(-d)?\.ts$/.test(file)),
    ...(await filesBelow(PAGE)),
  ];
  const hash = createHash('sha256');
  for (const file of files) {
    hash.update(`${relative(ROOT, file)}\0`);
    hash.update(
      createHash('sha256')
        .update(await readFile(file))
        .digest(),
    );
  }
  return hash.digest('hex');
}

/** Whether dist/ was built from these inputs and nothing of it is missing. */
export async function isFresh(digest) {
  try {
    const stamp = JSON.parse(await readFile(STAMP, 'utf8'));
    return stamp.digest === digest && stamp.outputs.every((file) => existsSync(join(ROOT, file)));
  } catch {
    return false;
  }
}

/** Remembers what was built from what. */
export async function saveStamp(digest) {
  const outputs = (await filesBelow(DIST)).map((file) => relative(ROOT, file));
  await writeFile(STAMP, JSON.stringify({ digest, outputs }));
}
