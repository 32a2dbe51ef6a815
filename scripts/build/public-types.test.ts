import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { reachableTypes } from './public-types.mjs';

let folder = '';
afterEach(() => rm(folder, { recursive: true, force: true }));

it('publicTypes follows every form of import, also in circles, and skips files that nothing imports', async () => {
  folder = await mkdtemp(join(tmpdir(), 'manyhands-types-'));
  await mkdir(join(folder, 'lib'));
  const files = {
    'entry.d.ts': "import './lib/effect.js';\nexport { a } from './lib/a.js';\nimport type x from 'node:fs';",
    'lib/a.d.ts': 'export declare const a: import("./b.js").B;',
    'lib/b.d.ts': "import type { a } from './a.js';\nexport interface B { a: typeof a }",
    'lib/effect.d.ts': 'declare global { var effect: number }\nexport {};',
    'lib/inner.d.ts': "export type { B } from './b.js';",
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const found = await reachableTypes([join(folder, 'entry.d.ts'), join(folder, 'none.d.ts')]);
  expect(found).toEqual(
    ['entry.d.ts', 'lib/a.d.ts', 'lib/b.d.ts', 'lib/effect.d.ts'].map((name) => join(folder, name)),
  );
});
