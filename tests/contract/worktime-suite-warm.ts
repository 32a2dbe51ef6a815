/**
 * What warm starts promise, for any kind of sandbox: a runtime that waits for a job, memory of a started one that others
 * start from, and that neither shows in what a job sees.
 * @module
 */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SandboxHost } from '../../src/worker/hosts/port/sandbox-host.js';
import { SandboxRig } from './worktime-rig.js';

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
  const rigs: SandboxRig[] = [];
  const open = async (owner: string): Promise<SandboxRig> => {
    const rig = await SandboxRig.open(host(), owner);
    rigs.push(rig);
    return rig;
  };
  afterEach(() => rigs.splice(0).forEach((rig) => rig.kill()));

  describe('a spare', () => spareTests(open));
  describe('a snapshot', () => snapshotTests(open));
}

type Open = (owner: string) => Promise<SandboxRig>;

function spareTests(open: Open): void {
  it('of JavaScript takes a job as an empty sandbox does', async () => {
    const rig = await open('prewarmed:1');
    expect(await rig.warm('map-basic')).toEqual({ type: 'warmed' });
    await rig.assign({
      source: '(x) => { console.log("at work"); return [x * x, work.env.A, work.job.public.name]; }',
      env: { A: 'a' },
    });
    expect(await rig.run([2, 3])).toEqual([
      [4, 'a', 'A job'],
      [9, 'a', 'A job'],
    ]);
    expect(rig.lines).toEqual(['log at work', 'log at work']);
  });

  it('shows nothing of where it waited, and no more of the platform than an empty sandbox', async () => {
    const source = '() => [Object.getOwnPropertyNames(globalThis).sort(), typeof process, typeof fetch]';
    const spare = await open('prewarmed:2');
    await spare.warm('map-basic');
    await spare.assign({ source });
    const empty = await open('0x00');
    await empty.assign({ source });
    expect(await spare.one(0)).toEqual(await empty.one(0));
  });

  it('refuses a job of another worktime, and takes no second beginning', async () => {
    const rig = await open('prewarmed:3');
    await rig.warm('map-basic');
    await expect(rig.assign({ worktime: 'pyodide', source: 'lambda x: x' })).rejects.toMatchObject({
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
    const rig = await open('snapshot:1');
    snapshot = await rig.makeSnapshot('pyodide');
    rig.kill();
  });

  it('starts Python, in a spare and in a sandbox with its job', async () => {
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

  it('gives each that starts from it its own random numbers, and shows no trace', async () => {
    const seen: unknown[][] = [];
    for (const owner of ['0x01', '0x02']) {
      const rig = await open(owner);
      await rig.assign({ worktime: 'pyodide', source: RANDOM, snapshot });
      seen.push((await rig.one(0)) as unknown[]);
    }
    for (let i = 0; i < RANDOM_KINDS; i++) expect(seen[0]![i]).not.toEqual(seen[1]![i]);
    expect(seen.map((one) => one[RANDOM_KINDS])).toEqual([[], []]);
  });

  it('that is damaged, cut or of another build is left aside, with a word', async () => {
    // The build is named behind twelve bytes of ours and sixteen of Pyodide's.
    const otherBuild = snapshot.slice();
    otherBuild[12 + 16]! ^= 0xff;
    const bad = [snapshot.slice(0, 1_000_000), otherBuild];
    for (const bytes of bad) {
      const rig = await open('0x00');
      const assigned = await rig.assign({ worktime: 'pyodide', source: 'lambda x: x + 1', snapshot: bytes });
      expect(assigned).toEqual({ type: 'assigned', incompatible: true });
      expect(await rig.one(1)).toBe(2);
    }
    // Each of them starts an interpreter from nothing.
  }, 60_000);

  it('is not made of JavaScript', async () => {
    const rig = await open('snapshot:2');
    await expect(rig.makeSnapshot('map-basic')).rejects.toMatchObject({ code: 'ASSIGN_FAILED' });
  });
}
