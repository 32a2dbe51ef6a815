/**
 * The worktimes in threads of Node, and what is a thread's own.
 * @module
 */
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { builtThreadHost, createStarter } from './worktime-fixture.js';
import { customSuite } from './worktime-suite-custom.js';
import { worktimeSuites } from './worktime-suites.js';

const host = builtThreadHost();
const { start, end } = createStarter(() => host, { withSnapshot: true });

afterEach(end);
afterAll(() => host.close());

worktimeSuites('a thread', start, { extent: 'full' });

describe('a custom worktime in a thread', () => customSuite(start));

describe('a thread', () => {
  it('reports that it ended because it ran out of memory', async () => {
    const small = builtThreadHost(24);
    const own = createStarter(() => small);
    const sandbox = await own.start('() => { const all = []; for (;;) all.push(new Array(1e4).fill({})); }');
    sandbox.send([{ first: 1, input: { kind: 'range', start: 0, step: 1, count: 1 } }]);
    expect(await sandbox.exited()).toBe(
      'The sandbox thread ran out of memory: its JavaScript heap reached 24 MiB.',
    );
    await small.close();
  });

  it('is killed in the middle of an endless loop, and reports its end once', async () => {
    const sandbox = await start('() => { for (;;); }');
    sandbox.send([{ first: 1, input: { kind: 'range', start: 0, step: 1, count: 1 } }], true);
    await sandbox.until((m) => m.type === 'begin');
    sandbox.kill();
    sandbox.kill();
    expect(await sandbox.exited()).toBe('The sandbox thread was killed.');
  });

  it('ends when its host is closed, and is not started by a closed host', async () => {
    const other = builtThreadHost();
    const sandbox = await createStarter(() => other).start('x => x');
    await other.close();
    expect(sandbox.exitReason).toBe('The sandbox thread was killed.');
    await expect(createStarter(() => other).start('x => x')).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('does not see the environment variables and arguments of its host', async () => {
    // A thread is no border: a module that is a work function may import what Node has built in.
    const sandbox = await start({
      sourceKind: 'module',
      source:
        'import { env, argv, execArgv } from "node:process"; export default () => [{ ...env }, argv.length, execArgv];',
    });
    expect(await sandbox.one(0)).toEqual([{}, 2, []]);
  });
});
