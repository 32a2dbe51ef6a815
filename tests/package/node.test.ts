/**
 * The installed package in Node: every export, and the command.
 * @module
 */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, inject, it } from 'vitest';
import { PROTOCOL_VERSION } from '../../src/protocol/messages/version.js';
import { run, tryRun } from './run.js';

const { folder, packageFolder } = inject('installed');
const node = process.execPath;

const JSON_FILES = ['messages.schema', 'limits', 'error-codes'].map(
  (name) => `manyhands/protocol/${name}.json`,
);

/** The names that a module exports, as an application imports it. */
async function namesOf(specifier: string): Promise<string[]> {
  const script = `console.log(JSON.stringify(Object.keys(await import(${JSON.stringify(specifier)}))))`;
  const { stdout } = await run(node, ['--input-type=module', '--eval', script], folder);
  return JSON.parse(stdout) as string[];
}

describe('in Node', () => {
  it.each([
    [
      'manyhands',
      ['computeFor', 'compute_for', 'compute', 'attach', 'init', 'RangeObject', 'ManyhandsError', 'isError'],
    ],
    ['manyhands', ['addSlices', 'fetchResults']],
    ['manyhands/wallet', ['wallet', 'Keystore']],
    ['manyhands/jobfs', ['JobFS']],
    ['manyhands/worker', ['Worker', 'worktimeLabel']],
    ['manyhands/element', ['ManyhandsWorkerElement']],
    ['manyhands/scheduler', ['startScheduler']],
    ['manyhands/operator', ['openOperator']],
    ['manyhands/work', []],
    ['manyhands/vite', ['workModules']],
  ])('%s exports %j', async (specifier, names) => {
    const found = await namesOf(specifier);
    expect(found).toEqual(expect.arrayContaining(names));
    expect(found).not.toContain('default');
  });

  it.each(JSON_FILES)('%s is JSON of the current protocol', async (specifier) => {
    const script = `import(${JSON.stringify(specifier)}, { with: { type: 'json' } })
      .then(({ default: json }) => console.log(JSON.stringify(json.protocol ?? json['x-protocol'])))`;
    const { stdout } = await run(node, ['--no-warnings', '--eval', script], folder);
    expect(JSON.parse(stdout)).toBe(PROTOCOL_VERSION);
  });

  it('says what to install where a module has to be bundled and esbuild is absent', async () => {
    await writeFile(join(folder, 'work.ts'), 'export default (n: number): number => n;');
    const script = `
      import { computeFor } from 'manyhands';
      const job = computeFor([1], new URL('./work.ts', ${JSON.stringify(pathToFileURL(join(folder, 'x')).href)}));
      const error = await job.localExec().catch((error) => error);
      console.log(JSON.stringify([error.code, error.message]));
      process.exit();`;
    const { stdout } = await run(node, ['--input-type=module', '--eval', script], folder);
    const [code, message] = JSON.parse(stdout) as string[];
    expect(code).toBe('BUNDLER_MISSING');
    expect(message).toBe(
      "The work function's module work.ts has to be bundled, which takes esbuild, and it is not installed: npm i -D esbuild",
    );
  });

  it('has no export without a test above', () => {
    const manifest = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as {
      exports: Record<string, unknown>;
    };
    const tested = [
      '.',
      './wallet',
      './jobfs',
      './worker',
      './element',
      './scheduler',
      './operator',
      './work',
      './vite',
      ...JSON_FILES.map((file) => file.replace('manyhands', '.')),
      './package.json',
    ];
    expect(Object.keys(manifest.exports)).toEqual(tested);
  });

  it('can be required from CommonJS', async () => {
    const { stdout } = await run(
      node,
      ['--eval', "console.log(typeof require('manyhands').computeFor)"],
      folder,
    );
    expect(stdout.trim()).toBe('function');
  });

  it('shows its help', async () => {
    const { code, stdout, stderr } = await tryRun(
      join(folder, 'node_modules', '.bin', 'manyhands'),
      ['--help'],
      folder,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const command of ['scheduler', 'worker', 'demo', 'keystore', 'account', 'job'])
      expect(stdout).toContain(command);
  });

  it('reports its version', async () => {
    const { stdout } = await run(join(folder, 'node_modules', '.bin', 'manyhands'), ['--version'], folder);
    const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as {
      version: string;
    };
    expect(stdout.trim()).toBe(version);
  });

  it('reports a usage error without a stack trace', async () => {
    const { code, stderr } = await tryRun(
      join(folder, 'node_modules', '.bin', 'manyhands'),
      ['no-such-command'],
      folder,
    );
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/no-such-command/);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
