/**
 * Packages of Python over real processes: found in a folder or an index, uploaded once, imported by slices, or refused.
 * @module
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { computeFor, init } from '../../src/entry/deployer.node.js';
import { openWallet } from '../../src/entry/wallet.node.js';
import { sampleWheel } from '../../src/testing/sample-wheel.js';
import { startCluster, type Cluster } from '../fixtures/cluster.mjs';

const SHAPES = sampleWheel({
  name: 'shapes',
  version: '2.1',
  requires: ['units~=1.0', 'windows-only; sys_platform == "win32"'],
  files: { 'shapes.py': 'import units\n\ndef area(side):\n    return f"{side * side} {units.NAME}"\n' },
});
const UNITS = sampleWheel({ name: 'units', version: '1.3', files: { 'units.py': 'NAME = "m2"\n' } });
const SOURCE = 'import shapes\n\ndef work(side):\n    return shapes.area(side)\n';

let cluster: Cluster;
let folder: string;
beforeAll(async () => {
  cluster = await startCluster({ workers: 1 });
  init({ scheduler: cluster.url, wallet: openWallet(cluster.home) });
  folder = await mkdtemp(join(tmpdir(), 'manyhands-wheels-'));
  for (const { fileName, bytes } of [SHAPES, UNITS]) await writeFile(join(folder, fileName), bytes);
});
afterAll(async () => {
  await cluster.stop();
  await rm(folder, { recursive: true, force: true });
});

it('a job imports packages of a folder, with what they require', async () => {
  const job = computeFor([2, 3], SOURCE);
  job.worktime = 'pyodide';
  job.modules = ['Shapes >= 2'];
  job.wheels = folder;
  expect([...(await job.exec())]).toEqual(['4 m2', '9 m2']);
});

it('a job imports packages of an index that its source names', async () => {
  const requested: string[] = [];
  const server = createServer((request, response) => {
    requested.push(request.url!);
    const wheel = [SHAPES, UNITS].find(({ fileName }) => request.url === `/files/${fileName}`);
    if (wheel !== undefined) return void response.end(wheel.bytes);
    const listed = [SHAPES, UNITS].find(
      ({ fileName }) => request.url === `/simple/${fileName.split('-')[0]}/`,
    );
    if (listed === undefined) return void response.writeHead(404).end();
    response.setHeader('content-type', 'text/html');
    response.end(`<a href="/files/${listed.fileName}">${listed.fileName}</a>`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const index = `http://127.0.0.1:${(server.address() as AddressInfo).port}/simple/`;
  const source = `# /// script\n# dependencies = ["shapes"]\n# ///\n${SOURCE}`;
  const job = computeFor([4], source);
  job.worktime = 'pyodide';
  job.wheels = index;
  expect([...(await job.exec())]).toEqual(['16 m2']);
  expect(requested).toEqual([
    '/simple/shapes/',
    `/files/${SHAPES.fileName}`,
    '/simple/units/',
    `/files/${UNITS.fileName}`,
  ]);
  const missing = computeFor([4], SOURCE);
  missing.worktime = 'pyodide';
  missing.modules = ['shapes', 'nowhere'];
  missing.wheels = index;
  await expect(missing.exec()).rejects.toMatchObject({
    code: 'MODULES_UNRESOLVED',
    message: expect.stringMatching(/^The package nowhere has no wheel that runs in pyodide 314/) as string,
  });
  server.close();
});

it('packages are refused for a worktime that takes none', async () => {
  const job = computeFor([1], (x: number) => x);
  job.modules = 'shapes';
  await expect(job.exec()).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining("Set job.worktime = 'pyodide'") as string,
  });
});
