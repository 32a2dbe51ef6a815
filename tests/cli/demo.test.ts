/**
 * The demo as a newcomer runs it: to its end, interrupted, and left up for others.
 * @module
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { decode } from 'fast-png';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Cli } from './fixtures/cli.js';

const EXIT_INTERRUPTED = 130;
const COLOURS_LEAST = 10_000;

let cli: Cli;
beforeEach(async () => {
  cli = await Cli.open();
});
afterEach(() => cli.end());

it('manyhands demo renders the picture, counts the words, and leaves no process and no file behind', async () => {
  const out = cli.path('picture.png');
  const demo = cli.start(['demo', '--out', out]);
  const { code, stdout, stderr } = await demo.finished;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });

  const join = stdout.indexOf('A browser tab can join too');
  expect(join).toBeGreaterThan(0);
  expect(join).toBeLessThan(stdout.indexOf('Mandelbrot (JavaScript)'));
  expect(stdout).toMatch(
    /^Mandelbrot \(JavaScript\) .* 600\/600 slices +\d+(\.\d)?\/s {2}[12] workers? +in \d+\.\d s$/m,
  );
  expect(stdout).toMatch(
    /^Words \(Python\) .* 10\/10 slices +\d+(\.\d)?\/s {2}[12] workers? +in \d+\.\d s$/m,
  );
  expect(stdout).toMatch(/^Done in \d+\.\d s: 610 slices in two jobs, each counted once\.$/m);
  expect(stdout).toMatch(/^ {2}the words {4}2202 in 10 chapters, as a plain count finds$/m);
  expect(stdout).toContain(out);
  const table = stdout.split('\n').filter((line) => /^ {2}\d+\. /.test(line));
  expect(table).toHaveLength(10);
  expect(new Set(table.map((line) => /\d+ +\d+ {2}\S+$/.exec(line)?.index)).size).toBe(1);

  const { width, height, channels, data } = decode(await readFile(out));
  expect({ width, height, channels }).toEqual({ width: 1_200, height: 800, channels: 3 });
  const colours = new Set<number>();
  for (let i = 0; i < data.length; i += 3) colours.add((data[i]! << 16) | (data[i + 1]! << 8) | data[i + 2]!);
  expect(colours.size).toBeGreaterThan(COLOURS_LEAST);

  expect(demo.isAlive).toBe(false);
  expect(await cli.leftovers()).toEqual([]);
});

it.each(['SIGINT', 'SIGTERM'] as const)(
  'manyhands demo ends all its processes and removes its files on %s in the middle of a job',
  async (signal) => {
    const out = cli.path('picture.png');
    const demo = cli.start(['demo', '--out', out]);
    await demo.outputMatch(/ [1-5]\d\d\/600 slices/);
    const { code, stdout, stderr } = await demo.kill(signal);
    expect({ code, stderr }).toEqual({
      code: signal === 'SIGINT' ? EXIT_INTERRUPTED : 143,
      stderr: 'Stopping.\n',
    });
    expect(stdout).not.toContain('Done in');
    expect(existsSync(out)).toBe(false);
    expect(demo.isAlive).toBe(false);
    expect(await cli.leftovers()).toEqual([]);
  },
);

it('manyhands demo keeps its scheduler running with --keep, and prints its network address with --lan', async () => {
  const demo = cli.start(['demo', '--keep', '--lan', '--out', cli.path('picture.png')]);
  const [, url = ''] = await demo.outputMatch(/A scheduler listens on (\S+)/);
  const [, named] = await demo.outputMatch(/MANYHANDS_SCHEDULER=(\S+) node first\.mjs/);
  expect(named).toBe(url);
  const health = await fetch(`${url}/healthz`);
  expect(health.status).toBe(200);
  expect(await health.json()).toMatchObject({ workers: 2 });
  expect((await fetch(url)).headers.get('content-type')).toContain('text/html');

  const network = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const own = network.find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
  if (own === undefined) {
    expect(demo.stdout).toContain('this machine has no network address');
  } else {
    const shared = `http://${own}:${new URL(url).port}`;
    expect(demo.stdout).toContain(shared);
    expect((await fetch(`${shared}/healthz`)).status).toBe(200);
    expect(demo.stdout.match(/^[█▀▄ ]{25,}$/gm)?.length).toBeGreaterThanOrEqual(13);
  }

  const tab = cli.start(['worker', '--scheduler', url, '--cores', '1', '--output', 'log']);
  await tab.outputMatch(/Working on Mandelbrot/);
  await demo.outputMatch(/^For your tabs .*\/2400 slices/m);
  await tab.kill('SIGINT');
  expect(await demo.kill('SIGINT')).toMatchObject({ code: 0, stderr: '' });
  expect(demo.isAlive).toBe(false);
  expect(await cli.leftovers()).toEqual([]);
});
