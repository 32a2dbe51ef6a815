/**
 * The completion of commands and options, in a real bash.
 * @module
 */
import { execFile } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Cli } from './fixtures/cli.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
let cli: Cli;
beforeAll(async () => {
  cli = await Cli.open();
  const bin = cli.path('bin');
  await mkdir(bin);
  await writeFile(`${bin}/manyhands`, `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`);
  await chmod(`${bin}/manyhands`, 0o755);
});
afterAll(() => cli.end());

/** What bash offers for the last of these words. */
async function offers(...words: string[]): Promise<string[]> {
  const { stdout: script } = await cli.run(['completion', 'bash']);
  const list = ['manyhands', ...words].map((word) => `'${word}'`).join(' ');
  const ask = `
    COMP_WORDS=(${list}); COMP_CWORD=${words.length}; COMP_LINE="\${COMP_WORDS[*]}"; COMP_POINT=\${#COMP_LINE}
    __manyhands_complete; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const env = { ...process.env, PATH: `${cli.path('bin')}:${process.env.PATH}` };
  const { stdout } = await promisify(execFile)('bash', ['--norc', '-c', `${script}\n${ask}`], { env });
  return stdout.trim().split('\n');
}

it('commands, subcommands, options and choices of options are completed', async () => {
  expect(await offers('sched')).toEqual(['scheduler']);
  expect(await offers('job', '')).toEqual(expect.arrayContaining(['list', 'status', 'results']));
  expect(await offers('worker', '--iso')).toEqual(['--isolation']);
  expect(await offers('worker', '--isolation', '')).toEqual(['deno', 'chromium', 'thread']);
  expect(await offers('comp')).toEqual(['completion']);
});

it('a script is printed for each shell, and another shell is wrong usage', async () => {
  for (const shell of ['zsh', 'fish', 'powershell']) {
    const { code, stdout } = await cli.run(['completion', shell]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/manyhands complete ('--'|--) /);
  }
  expect(await cli.run(['completion', 'csh'])).toMatchObject({ code: 2, stdout: '' });
});
