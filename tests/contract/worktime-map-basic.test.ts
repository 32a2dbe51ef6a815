/**
 * The worktime map-basic in a real thread: values, errors, console, progress, files, readings of a source.
 * @module
 */
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { builtThreadHost, SandboxRig, type JobSpec } from './worktime-rig.js';

const host = builtThreadHost();
let rigs: SandboxRig[] = [];

async function start(spec: JobSpec | string): Promise<SandboxRig> {
  const rig = await SandboxRig.start(host, typeof spec === 'string' ? { source: spec } : spec);
  rigs.push(rig);
  return rig;
}

afterEach(() => {
  for (const rig of rigs) rig.kill();
  rigs = [];
});
afterAll(() => host.close());

describe('a JavaScript work function', () => {
  it('runs', async () => {
    const rig = await start('(x, a, b, c) => [x * x, a, b, c]');
    expect(await rig.run([1, 2, 3])).toEqual([
      [1, undefined, undefined, undefined],
      [4, undefined, undefined, undefined],
      [9, undefined, undefined, undefined],
    ]);
  });
});
