/**
 * An operator serves another release of Pyodide and a folder of packages: jobs choose the release by its version, and use the
 * packages without having them.
 * @module
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { computeFor, init, type Job } from '../../src/entry/deployer.node.js';
import { startScheduler } from '../../src/entry/scheduler.node.js';
import { openWallet } from '../../src/entry/wallet.node.js';
import { sampleWheel } from '../../src/testing/sample-wheel.js';
import { startCluster, type Cluster } from '../fixtures/cluster.mjs';

const OLDER = fileURLToPath(new URL('../../node_modules/pyodide-0.27', import.meta.url));
const SHAPES = sampleWheel({
  name: 'shapes',
  version: '2.1',
  requires: ['units~=1.0'],
  files: { 'shapes.py': 'import units\n\ndef area(side):\n    return f"{side * side} {units.NAME}"\n' },
});
const UNITS = sampleWheel({ name: 'units', version: '1.3', files: { 'units.py': 'NAME = "m2"\n' } });
const SOURCE = `
import sys
import shapes

def work(side):
    return [sys.version.split()[0], shapes.area(side)]
`;

let cluster: Cluster;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manyhands-wheels-'));
  for (const { fileName, bytes } of [SHAPES, UNITS]) await writeFile(join(folder, fileName), bytes);
  cluster = await startCluster({ workers: 1, isolation: 'deno', worktimeFolders: [OLDER], wheels: [folder] });
  init({ scheduler: cluster.url, wallet: openWallet(cluster.home) });
});
afterAll(async () => {
  await cluster.stop();
  await rm(folder, { recursive: true, force: true });
});

function pythonJob(): Job<unknown> {
  const job = computeFor<unknown>([2, 3], SOURCE);
  job.worktime = 'pyodide';
  job.modules = ['shapes'];
  return job;
}

it('job.worktimeVersion chooses a release that the scheduler serves, with the packages that it offers', async () => {
  const older = pythonJob();
  older.worktimeVersion = '~0.27';
  expect([...(await older.exec())]).toEqual([
    ['3.12.7', '4 m2'],
    ['3.12.7', '9 m2'],
  ]);
  const latest = pythonJob();
  expect([...(await latest.exec())]).toEqual([
    [expect.stringMatching(/^3\.14\./), '4 m2'],
    [expect.stringMatching(/^3\.14\./), '9 m2'],
  ]);
  const other = pythonJob();
  other.worktimeVersion = '~0.26';
  await expect(other.exec()).rejects.toMatchObject({
    code: 'WORKTIME_UNKNOWN',
    message: expect.stringContaining('0.27.7') as string,
  });
});

it.each([
  ['worktimeFolders', () => folder, 'it has no package.json'],
  ['worktimeFolders', () => join(OLDER, '../ws'), 'which is no worktime'],
  ['wheels', () => join(folder, 'nowhere'), 'ENOENT'],
] as const)(
  'a folder that does not hold what %s asks for is refused at the start: %#',
  async (argument, path, why) => {
    const started = startScheduler({ port: 0, dataDir: join(folder, 'data'), [argument]: [path()] });
    await expect(started).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(why) as string,
      info: { argument },
    });
  },
);
