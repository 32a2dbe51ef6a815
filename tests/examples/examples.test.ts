/**
 * Every numbered example runs, as a reader would run it, and says what it should.
 * @module
 */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startCluster, type Cluster } from '../fixtures/cluster.mjs';

const FOLDER = fileURLToPath(new URL('../../examples/', import.meta.url));
const run = promisify(execFile);

const words =
  readFileSync(join(FOLDER, 'data', 'lighthouse.txt'), 'utf8')
    .toLowerCase()
    .match(/[a-z]+/g) ?? [];
const HOURS = Array.from({ length: 10_000 }, (_, hour) => hour);

/** What each says at its end. */
const LAST_LINES: Record<string, string> = {
  '01-first-job.mjs': 'all: [ 1, 4, 9, 16, 25 ]',
  '02-python-files.mjs': `goat: ${words.filter((word) => word === 'goat').length} of ${words.length} words`,
  '03-open-job.mjs': '5 slices in all',
  '04-failures.mjs': 'slice 4: 4',
  '05-streams.mjs': `${HOURS.length} readings, ${HOURS.filter((hour) => Math.sin(hour / 100) > 0.9999).length} of them at high tide`,
  '06-come-back.mjs': '5:5 6:6 7:0 8:1',
  '07-paid-job.mjs': 'the worker has 2',
  '09-wasm.mjs': ['sea', 'keeper', 'goat']
    .map((word) => `${word} ${words.filter((one) => one === word).length}`)
    .join(', '),
  '10-custom-worktime.mjs': '    at line 2',
  '11-input-by-address.mjs': '1: 6, 2: 7, 3: 8, 4: 9, 5: 10, 6: 11, 7: 12',
  '12-npm-library.mjs': '120, 3628800, 2432902008176640000',
  '13-loops.mjs': 'a prime number: 1000000000039',
  '14-local-mode.mjs': 'the longest way to 1 has 261 steps and begins at 6171',
};

/** The tutorials of other systems, which need no scheduler: all of them run in one process, to save its start. */
const LAST_LINES_OF_TUTORIALS: Record<string, string> = {
  '15-ray-squares.mjs': '[ 0, 1, 4, 9 ]',
  '16-ray-pi.mjs': 'π is about 3.1',
  '17-dask-words.mjs': mostFrequent(3)
    .map(([word, count]) => `${word} ${count}`)
    .join(', '),
  '18-dask-as-completed.mjs': 'the sum is 230',
  '19-bullmq-events.mjs': '1 of 2 failed',
  '20-bullmq-retries.mjs': 'there is no such address: 1 failed',
  '21-piscina-module.mjs': '10',
  '22-piscina-abort.mjs': 'ended: ABORTED',
  '23-modal-map.mjs': `${Array.from({ length: 200 }, (_, i) => i * i).reduce((sum, square) => sum + square)}`,
  '24-pando-search.mjs': 'its hash begins with a number below 32: true',
  '25-dcp-first-job.mjs': '10 20 30 40 50 60 70 80 90 100',
  '26-bifrost2-files.mjs': ['sea', 'goat']
    .map((word) => `${word} ${words.filter((one) => one === word).length}`)
    .join(', '),
};

function mostFrequent(count: number): [string, number][] {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).slice(0, count);
}

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ workers: 1 });
});
afterAll(() => cluster.stop());

it('every numbered example has an expected last line', () => {
  const numbered = readdirSync(FOLDER).filter((name) => /^\d\d-.*\.mjs$/.test(name));
  expect(numbered.sort()).toEqual([...Object.keys(LAST_LINES), ...Object.keys(LAST_LINES_OF_TUTORIALS)]);
});

it.each(Object.entries(LAST_LINES))('the last output line of example %s is "%s"', async (name, last) => {
  const env = { ...process.env, MANYHANDS_HOME: cluster.home, MANYHANDS_SCHEDULER: cluster.url };
  const { stdout } = await run(process.execPath, [join(FOLDER, name)], { env, cwd: FOLDER });
  expect(stdout.trim().split('\n').at(-1)).toBe(last);
});

it('each tutorial of another system says what it should, in threads of one process', async () => {
  const env = { ...process.env, MANYHANDS_HOME: cluster.home };
  const names = Object.keys(LAST_LINES_OF_TUTORIALS);
  const program = `for (const name of process.argv.slice(1)) {
    await import('file://' + name);
    console.log('END OF ' + name);
  }`;
  const paths = names.map((name) => join(FOLDER, name));
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program, ...paths], {
    env,
    cwd: FOLDER,
  });
  const lastLines = stdout.split(/END OF .*\n/).map((text) => text.trim().split('\n').at(-1));
  expect(lastLines.slice(0, -1)).toEqual(Object.values(LAST_LINES_OF_TUTORIALS));
});
