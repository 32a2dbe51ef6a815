/**
 * Help and wrong usage: what a person types who does not know the commands yet.
 * @module
 */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeProgram } from '../../src/cli/program.js';
import { Cli } from './fixtures/cli.js';

const EXIT_USAGE = 2;
const ADDRESS = `0x${'1'.repeat(40)}`;

/** The words of every command and subcommand. */
function paths(command: Command, words: string[] = []): string[][] {
  return [words, ...command.commands.flatMap((one) => paths(one, [...words, one.name()]))];
}

/** Every command and subcommand, with the words before it. */
function all(command: Command, words: string[] = []): { name: string; command: Command }[] {
  const own = { name: words.join(' '), command };
  return [own, ...command.commands.flatMap((one) => all(one, [...words, one.name()]))];
}

const program = await makeProgram();

it('docs/cli.md describes every command, argument and option of the program', () => {
  const page = readFileSync('docs/cli.md', 'utf8');
  const leaves = all(program).filter(({ command }) => command.commands.length === 0);
  expect(leaves.length).toBeGreaterThan(8);
  for (const { name, command } of leaves) {
    const [group = '', ...rest] = name.split(' ');
    const section = page.split(/^## /m).find((part) => part.startsWith(`${group}\n`)) ?? '';
    const wanted = [
      ...(rest.length > 0 ? [`\`${name} `] : []),
      ...command.registeredArguments.map((argument) => argument.name()),
      ...command.options.map((option) => option.long ?? option.flags),
    ];
    expect(
      wanted.filter((text) => !section.includes(text)),
      name,
    ).toEqual([]);
  }
});

it('every option that docs/cli.md names is an option of its command', () => {
  const everywhere = ['--help', '--version'];
  const optionsOf = (group: string): string[] =>
    all(program)
      .filter(({ name }) => name.split(' ')[0] === group)
      .flatMap(({ command }) => command.options.flatMap(({ long, short }) => [long ?? '', short ?? '']));
  for (const section of readFileSync('docs/cli.md', 'utf8').split(/^## /m).slice(2)) {
    const [group = ''] = section.split('\n', 1);
    const known = new Set([...everywhere, ...optionsOf(group)]);
    const named = section.match(/--[a-z][a-z-]*/g) ?? [];
    expect(
      named.filter((option) => !known.has(option)),
      group,
    ).toEqual([]);
  }
});

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.open();
});
afterAll(() => cli.end());

describe('help', () => {
  it.each(paths(program).map((words) => [words.join(' ') || 'manyhands', words] as const))(
    'of %s prints its usage, with examples',
    async (_name, words) => {
      // In this process: the program that main.ts runs, without a start of Node for each command.
      const own = await makeProgram(words[0]);
      let stdout = '';
      for (const { command } of all(own)) command.configureOutput({ writeOut: (text) => (stdout += text) });
      await expect(own.parseAsync([...words, '--help'], { from: 'user' })).rejects.toMatchObject({
        exitCode: 0,
      });
      expect(stdout).toContain(`Usage: ${['manyhands', ...words].join(' ')}`);
      expect(stdout).toMatch(/^Examples:\n(.*\n)* {2}\$ .*manyhands /m);
    },
  );

  it('is printed when no command is given, and the exit code is that of wrong usage', async () => {
    const { code, stdout, stderr } = await cli.run([]);
    expect({ code, stdout }).toEqual({ code: EXIT_USAGE, stdout: '' });
    expect(stderr).toContain('Usage: manyhands');
    expect(stderr).toContain('$ manyhands demo');
  });

  it('describes the command named after "help"', async () => {
    const { code, stdout } = await cli.run(['help', 'job', 'results']);
    expect(code).toBe(0);
    expect(stdout).toContain('Usage: manyhands job results');
  });

  it('creates no file in the home folder', async () => {
    await cli.run(['help', 'worker']);
    expect(await cli.run(['keystore', 'show'])).toMatchObject({ code: 0 });
    const { stdout } = await cli.run(['keystore', 'show', '--json']);
    expect(JSON.parse(stdout)).toEqual([]);
  });

  it.each(['--version', '-v', '-V'])(
    'is not printed with %s, which prints the version of the package',
    async (option) => {
      const { code, stdout } = await cli.run([option]);
      expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
    },
  );
});

describe('wrong usage', () => {
  it.each<[string, string[], RegExp]>([
    ['an unknown command', ['frobnicate'], /unknown command 'frobnicate'/],
    ['a command with a slip', ['schedular'], /unknown command 'schedular' \(Did you mean scheduler\?\)/],
    [
      'help on a command with a slip',
      ['help', 'schedular'],
      /unknown command 'schedular' \(Did you mean scheduler\?\)/,
    ],
    [
      '--help behind a slip',
      ['schedular', '--help'],
      /unknown command 'schedular' \(Did you mean scheduler\?\)/,
    ],
    [
      'help on an unknown subcommand',
      ['help', 'job', 'lst'],
      /unknown command 'lst' \(Did you mean list\?\)/,
    ],
    ['an unknown subcommand', ['job', 'frobnicate'], /unknown command 'frobnicate'/],
    ['an unknown option', ['worker', '--frobnicate'], /unknown option '--frobnicate'/],
    ['no argument', ['job', 'status'], /missing required argument 'id'/],
    ['too many arguments', ['keystore', 'show', 'a', 'b'], /too many arguments/],
    ['an option without its value', ['scheduler', '--data-dir'], /argument missing/],
    ['a port that is none', ['scheduler', '--port', 'http'], /whole number from 0 to 65535/],
    ['a port that is too large', ['demo', '--port', '65536'], /whole number from 0 to 65535/],
    ['a port in another notation', ['demo', '--port', '0x50'], /whole number from 0 to 65535/],
    ['no cores', ['worker', '--cores', '0'], /whole number from 1 to/],
    [
      'an isolation that there is not',
      ['worker', '--isolation', 'browser'],
      /Allowed choices are deno, chromium, thread/,
    ],
    ['a range that is none', ['job', 'results', 'A'.repeat(22), '--range', '9-1'], /like 7 or 1-100/],
    ['a job id that is none', ['job', 'status', 'my-job'], /An id has 22 letters/],
    ['a job id that is none, to list behind', ['job', 'list', '--after', 'my-job'], /An id has 22 letters/],
    ['a job id that is none, of a worker', ['worker', '--job', 'my-job'], /An id has 22 letters/],
    ['an owner that is none', ['worker', '--owner', 'me'], /40 hexadecimal digits/],
    ['an account that is none, to pay', ['worker', '--payment-address', '0x12'], /40 hexadecimal digits/],
    ['an account that is none', ['account', 'show', '0x12'], /40 hexadecimal digits/],
    ['an account that is none, to credit', ['account', 'mint', 'me', '1'], /40 hexadecimal digits/],
    ['credits that are none', ['account', 'mint', ADDRESS, '1,5'], /amount of credits/],
    ['credits with too many decimals', ['account', 'mint', ADDRESS, '0.0000000001'], /amount of credits/],
    ['a least price that is none', ['scheduler', '--minimum-price', 'much'], /amount of credits/],
    ['two hosts', ['scheduler', '--lan', '--host', '::1'], /cannot be used with option/],
  ])('%s is said in one line', async (_what, args, sentence) => {
    const { code, stdout, stderr } = await cli.run(args);
    expect({ code, stdout }).toEqual({ code: EXIT_USAGE, stdout: '' });
    expect(stderr).toMatch(/^manyhands: [^\n]+\n$/);
    expect(stderr).toMatch(sentence);
  });
});
