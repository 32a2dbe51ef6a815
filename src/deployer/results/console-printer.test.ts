import { expect, it } from 'vitest';
import {
  createDeployerFixture,
  waitUntil,
  type DeployerFixture,
} from '../../testing/deployer/deployer-fixture.js';
import type { Job } from '../job/job.js';
import type { ConsolePrinter } from './console-printer.js';

type Message = Parameters<ConsolePrinter['print']>[0];

/** A job that is followed, and a function by which its slices print. */
async function follow({ scheduler, deployer }: DeployerFixture): Promise<{
  job: Job<number>;
  print: (message: Partial<Message>) => void;
}> {
  const job = deployer.computeFor([1], (x: number) => x);
  void job.exec().catch(() => undefined);
  await waitUntil(() => scheduler.isFilled);
  const common = { type: 'job.console', jobId: job.id, sliceNumber: 17, attempt: 1, level: 'log' } as const;
  return {
    job,
    print: (message) => scheduler.tap.broadcast({ ...common, message: 'hello', ...message }),
  };
}

it('what a slice prints is printed with its slice, and with its attempt and level if they are unusual', async () => {
  const fixture = createDeployerFixture();
  const { job, print } = await follow(fixture);
  print({});
  print({ attempt: 2, level: 'warn', message: 'two\nlines', same: 3 });
  await waitUntil(() => fixture.warnings.length === 3);
  expect(fixture.warnings).toEqual([
    '[slice 17] hello',
    '[slice 17, attempt 2] warn two (3 more times)',
    '[slice 17, attempt 2] warn lines (3 more times)',
  ]);
  await job.cancel();
});

it('what a slice prints cannot control a terminal', async () => {
  const fixture = createDeployerFixture();
  const { job, print } = await follow(fixture);
  print({ message: 'a\u001b[2J\u0007b\u202ec' });
  await waitUntil(() => fixture.warnings.length > 0);
  expect(fixture.warnings).toEqual(['[slice 17] a [2J b c']);
  await job.cancel();
});

it('a flood is cut off, and the number of lines that were left out is printed', async () => {
  const fixture = createDeployerFixture();
  const { job, print } = await follow(fixture);
  print({ message: 'x\n'.repeat(5_000) });
  await waitUntil(() => fixture.warnings.length > 0);
  await job.cancel();
  const { warnings } = fixture;
  const last = warnings.at(-1)!;
  expect(last).toMatch(/^manyhands: \d+ lines that slices of job [\w-]{22} printed are left out/);
  expect(Number(/\d+/.exec(last)![0]) + warnings.length - 1).toBe(5_001);
  expect(warnings.length).toBeLessThan(1_200);
});

it('nothing is printed if a listener gets it, or job.console is false', async () => {
  const fixture = createDeployerFixture();
  const { job, print } = await follow(fixture);
  const heard: string[] = [];
  const listener = ({ message }: { message: string }): void => void heard.push(message);
  job.on('console', listener);
  print({ message: 'to the listener' });
  await waitUntil(() => heard.length === 1);
  job.off('console', listener);
  job.console = false;
  print({ message: 'to nobody' });
  job.on('progress', () => heard.push('progress'));
  fixture.scheduler.tap.broadcast({ type: 'job.progress', jobId: job.id, sliceNumber: 1, attempt: 2 });
  await waitUntil(() => heard.length === 2);
  expect(fixture.warnings).toEqual([]);
  expect(() => (job.console = 'no' as never)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  await job.cancel();
});
