/**
 * Projects of `manyhands init`, with the installed package: each is built and run as its user would.
 * @module
 */
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'vite';
import { describe, expect, inject, it } from 'vitest';
import { run, tryRun } from './run.js';

const { folder, packageFolder } = inject('installed');
const MAIN = join(packageFolder, 'dist/cli/main.js');

/** Makes a project; it finds the package in a folder above. */
async function project(template: string): Promise<{ root: string; stdout: string }> {
  const args = [MAIN, 'init', `project-${template}`, '--template', template];
  const { stdout } = await run(process.execPath, args, folder);
  return { root: join(folder, `project-${template}`), stdout };
}

describe('manyhands init', () => {
  it('makes a project in TypeScript, which compiles and runs in local mode', async () => {
    const { root, stdout } = await project('ts');
    expect(stdout).toMatch(/^Made package.json, src.main.ts, tsconfig.json in .*\n\n {2}cd project-ts\n/);
    const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as object;
    const own = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
    expect(manifest).toMatchObject({
      name: 'project-ts',
      scripts: { start: 'tsc && node dist/main.js' },
      dependencies: { manyhands: `^${own.version}` },
    });
    await mkdir(join(root, 'node_modules/@types'), { recursive: true });
    await symlink(resolve('node_modules/@types/node'), join(root, 'node_modules/@types/node'));
    await run(process.execPath, [resolve('node_modules/typescript/bin/tsc')], root);
    const ended = await run(process.execPath, ['dist/main.js'], root);
    expect(ended).toMatchObject({
      stderr: '',
      stdout: expect.stringContaining('78498 primes below 1000000') as string,
    });
  });

  it('makes a project in Python, which runs in local mode', async () => {
    const { root } = await project('python');
    const ended = await run(process.execPath, ['main.mjs'], root);
    expect(ended).toMatchObject({ stderr: '', stdout: 'the: 2 times\nlamp: 3 times\n' });
  });

  it('makes a page, which Vite builds', async () => {
    const { root, stdout } = await project('page');
    expect(stdout).toContain('npm run scheduler');
    await build({ root, logLevel: 'silent' });
    const html = await readFile(join(root, 'dist/index.html'), 'utf8');
    expect(html).toMatch(/<script type="module" crossorigin src="\/assets\/index-.*\.js">/);
  });

  it('overwrites nothing, and knows its templates', async () => {
    await project('python').catch(() => undefined);
    const again = [MAIN, 'init', 'project-python'];
    const { code, stdout, stderr } = await tryRun(process.execPath, again, folder);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/project-python has package\.json already, and nothing is overwritten/);
    const unknown = await tryRun(process.execPath, [MAIN, 'init', 'x', '--template', 'rust'], folder);
    expect(unknown).toMatchObject({ code: 2, stdout: '' });
  });
});
