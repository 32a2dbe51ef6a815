/**
 * What warm starts promise, for any kind of sandbox: a runtime that waits for a job, memory of a started one that others
 * start from, and that neither shows in what a job sees.
 * @module
 */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SandboxHost } from '../../src/worker/hosts/port/sandbox-host.js';
import { SandboxFixture } from './worktime-fixture.js';

/** Whatever is random, and what a job can see of who was here before. */
const RANDOM = `
import os, random, secrets, sys, tempfile, uuid

def work(x):
    names = [name for name in sys.modules if 'manyhands' in name and name not in ('manyhands',)]
    return [
        random.random(), random.Random().random(), random.SystemRandom().random(), os.urandom(8).hex(),
        secrets.token_hex(8), str(uuid.uuid4()), next(tempfile._get_candidate_names()), names,
    ]
`;
const RANDOM_KINDS = 7;

export function warmSuite(host: () => SandboxHost): void {
  const sandboxes: SandboxFixture[] = [];
  const open = async (owner: string): Promise<SandboxFixture> => {
    const sandbox = await SandboxFixture.open(host(), owner);
    sandboxes.push(sandbox);
    return sandbox;
  };
  afterEach(() => sandboxes.splice(0).forEach((sandbox) => sandbox.kill()));

  describe('a spare', () => spareTests(open));
  describe('a snapshot', () => snapshotTests(open));
}

type Open = (owner: string) => Promise<SandboxFixture>;

function spareTests(open: Open): void {
  it('of JavaScript runs a job like a sandbox that was started for it', async () => {
    const sandbox = await open('prewarmed:1');
    expect(await sandbox.warm('map-basic')).toEqual({ type: 'warmed' });
    await sandbox.assign({
      source: '(x) => { console.log("at work"); return [x * x, work.env.A, work.job.public.name]; }',
      env: { A: 'a' },
    });
    expect(await sandbox.run([2, 3])).toEqual([
      [4, 'a', 'A job'],
      [9, 'a', 'A job'],
    ]);
    expect(sandbox.lines).toEqual(['log at work', 'log at work']);
  });

  it('shows no trace of its prewarming, and no more globals than a fresh sandbox', async () => {
    const source = '() => [Object.getOwnPropertyNames(globalThis).sort(), typeof process, typeof fetch]';
    const spare = await open('prewarmed:2');
    await spare.warm('map-basic');
    await spare.assign({ source });
    const empty = await open('0x00');
    await empty.assign({ source });
    expect(await spare.one(0)).toEqual(await empty.one(0));
  });

  it('refuses a job of another worktime, and a second assignment', async () => {
    const sandbox = await open('prewarmed:3');
    await sandbox.warm('map-basic');
    await expect(sandbox.assign({ worktime: 'pyodide', source: 'lambda x: x' })).rejects.toMatchObject({
      code: 'ASSIGN_FAILED',
    });
    const twice = await open('prewarmed:4');
    await twice.warm('map-basic');
    const again = twice.makeSnapshot('map-basic');
    await expect(again).rejects.toThrow(/set up twice/);
  });
}

function snapshotTests(open: Open): void {
  let snapshot: Uint8Array;
  beforeAll(async () => {
    const sandbox = await open('snapshot:1');
    snapshot = await sandbox.makeSnapshot('pyodide');
    sandbox.kill();
  });

  it('starts Python in a prewarmed sandbox and in a sandbox with its job', async () => {
    const source = 'import json\ndef work(x):\n    print("at work")\n    return json.loads(x)\n';
    const spare = await open('prewarmed:5');
    expect(await spare.warm('pyodide', snapshot)).toEqual({ type: 'warmed' });
    expect(await spare.assign({ worktime: 'pyodide', source })).toEqual({ type: 'assigned' });
    expect(await spare.one('{"a": [1, null]}')).toEqual({ a: [1, null] });
    expect(spare.lines).toEqual(['log at work']);
    const direct = await open('0x00');
    expect(await direct.assign({ worktime: 'pyodide', source, snapshot })).toEqual({ type: 'assigned' });
    expect(await direct.failure('{')).toMatchObject({ name: 'JSONDecodeError' });
  });

  it('gives each sandbox its own random numbers, and shows no trace of itself', async () => {
    const seen: unknown[][] = [];
    for (const owner of ['0x01', '0x02']) {
      const sandbox = await open(owner);
      await sandbox.assign({ worktime: 'pyodide', source: RANDOM, snapshot });
      seen.push((await sandbox.one(0)) as unknown[]);
    }
    for (let i = 0; i < RANDOM_KINDS; i++) expect(seen[0]![i]).not.toEqual(seen[1]![i]);
    expect(seen.map((one) => one[RANDOM_KINDS])).toEqual([[], []]);
  });

  it('that is damaged, truncated or of another build is not used, with a warning', async () => {
    // The build is named behind twelve bytes of ours and sixteen of Pyodide's.
    const otherBuild = snapshot.slice();
    otherBuild[12 + 16]! ^= 0xff;
    const bad = [snapshot.slice(0, 1_000_000), otherBuild];
    for (const bytes of bad) {
      const sandbox = await open('0x00');
      const assigned = await sandbox.assign({
        worktime: 'pyodide',
        source: 'lambda x: x + 1',
        snapshot: bytes,
      });
      expect(assigned).toEqual({ type: 'assigned', incompatible: true });
      expect(await sandbox.one(1)).toBe(2);
    }
    // Each of them starts an interpreter from nothing.
  }, 60_000);

  it('is refused for JavaScript', async () => {
    const sandbox = await open('snapshot:2');
    await expect(sandbox.makeSnapshot('map-basic')).rejects.toMatchObject({ code: 'ASSIGN_FAILED' });
  });
}
