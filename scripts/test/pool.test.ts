/**
 * The order of steps, how many run at once, and that no step's end hides another's.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { parseArguments } from './arguments.mjs';
import { OutputBuffer } from './output-buffer.mjs';
import { runSteps } from './pool.mjs';
import { runProcess } from './process.mjs';

const CONTEXT = { reports: '', deep: false };
const passed = { passed: 1, failed: 0, failures: [], output: '' };

type Step = Parameters<typeof runSteps>[0][number];
const makeStep = (name: string, weight: 1 | 2, run: Step['run'], needs: string[] = []): Step => ({
  name,
  title: name,
  weight,
  needs,
  run,
});

describe('runSteps', () => {
  it('runs two light steps at once and a heavy one alone', async () => {
    let places = 0;
    let placesMax = 0;
    const run = (weight: number) => async () => {
      places += weight;
      placesMax = Math.max(placesMax, places);
      await new Promise((resolve) => setImmediate(resolve));
      places -= weight;
      return passed;
    };
    const steps = [1, 1, 2, 1, 2].map((weight, i) => makeStep(`s${i}`, weight as 1 | 2, run(weight)));
    const results = await runSteps(steps, CONTEXT, () => {});
    expect(placesMax).toBe(2);
    expect(results.map((result) => result.step.name)).toEqual(['s0', 's1', 's2', 's3', 's4']);
  });

  it('counts a step that crashes as failed, and continues', async () => {
    const crash = (): Promise<never> => Promise.reject(new Error('boom'));
    const steps = [makeStep('a', 1, crash), makeStep('b', 2, () => Promise.resolve(passed))];
    const results = await runSteps(steps, CONTEXT, () => {});
    expect(results.map((result) => [result.passed, result.failed])).toEqual([
      [0, 1],
      [1, 0],
    ]);
    expect(results[0]?.output).toContain('boom');
  });

  it('does not run a step that needs a failed step, and counts it as failed', async () => {
    let ran = false;
    const failed = { passed: 0, failed: 1, failures: ['x'], output: '' };
    const steps = [
      makeStep('build', 1, () => Promise.resolve(failed)),
      makeStep(
        'e2e',
        2,
        () => {
          ran = true;
          return Promise.resolve(passed);
        },
        ['build'],
      ),
    ];
    const results = await runSteps(steps, CONTEXT, () => {});
    expect(ran).toBe(false);
    expect(results[1]).toMatchObject({ passed: 0, failed: 1 });
  });

  it('runs a step whose required step was not selected', async () => {
    const results = await runSteps(
      [makeStep('e2e', 2, () => Promise.resolve(passed), ['build'])],
      CONTEXT,
      () => {},
    );
    expect(results[0]).toMatchObject({ passed: 1, failed: 0 });
  });
});

describe('runProcess', () => {
  const node = process.execPath;

  it('returns the exit status and the output', async () => {
    expect(await runProcess(node, ['-e', 'console.log(1); console.error(2)'], { timeoutMs: 20_000 })).toEqual(
      {
        ok: true,
        output: expect.stringMatching(/1[^]*2|2[^]*1/) as string,
      },
    );
    const bad = await runProcess(node, ['-e', 'process.exit(3)'], { timeoutMs: 20_000 });
    expect(bad).toMatchObject({ ok: false, output: expect.stringContaining('exit code 3') as string });
    const none = await runProcess('/no/such/program', [], { timeoutMs: 20_000 });
    expect(none).toMatchObject({ ok: false, output: expect.stringContaining('did not start') as string });
  });

  it('kills a program that exceeds its time limit, with its child processes', async () => {
    // The grandchild holds the output open, which ends only when it has ended too.
    const script = `
      const endless = ['-e', 'setInterval(() => {}, 1000)'];
      require('node:child_process').spawn(process.execPath, endless, { stdio: 'inherit' });
      setInterval(() => {}, 1000);`;
    const { ok, output } = await runProcess(node, ['-e', script], { timeoutMs: 1_500 });
    expect(ok).toBe(false);
    expect(output).toContain('longer than');
  });

  it('kills child processes that outlive their program', async () => {
    const script = `
      const endless = ['-e', 'setInterval(() => {}, 1000)'];
      require('node:child_process').spawn(process.execPath, endless, { stdio: 'inherit' }).unref();`;
    expect(await runProcess(node, ['-e', script], { timeoutMs: 30_000 })).toEqual({ ok: true, output: '' });
  });
});

describe('parseArguments', () => {
  const names = ['lint', 'unit'];

  it('parses the known options', () => {
    expect(parseArguments([], names)).toEqual({ deep: false, quick: false, help: false });
    expect(parseArguments(['--deep', '--only', 'lint,unit'], names)).toMatchObject({
      deep: true,
      only: names,
    });
    expect(parseArguments(['--only=unit'], names)).toMatchObject({ only: ['unit'] });
  });

  it('rejects unknown options', () => {
    expect(parseArguments(['--only', 'x'], names).error).toContain('lint, unit');
    expect(parseArguments(['--only'], names).error).toBeDefined();
    expect(parseArguments(['--quick', '--deep'], names).error).toContain('--quick');
    expect(parseArguments(['--fast'], names).error).toContain('--fast');
  });
});

describe('OutputBuffer', () => {
  it('keeps a short output completely', () => {
    const buffer = new OutputBuffer();
    for (const piece of ['one ', 'two ', 'three']) buffer.append(Buffer.from(piece));
    expect(buffer.text()).toBe('one two three');
  });

  it('keeps the beginning and the end of a long output', () => {
    const buffer = new OutputBuffer();
    buffer.append(Buffer.from('first'));
    for (let i = 0; i < 2_000; i++) buffer.append(Buffer.from('x'.repeat(1_000)));
    buffer.append(Buffer.from('last'));
    const text = buffer.text();
    expect(text.length).toBeLessThan(80 * 1024);
    expect(text).toMatch(/^first.*bytes left out.*last$/s);
  });
});
