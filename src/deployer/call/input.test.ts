import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { afterAll, describe, expect, it } from 'vitest';
import type { JobStatus } from '../../protocol/messages/messages.js';
import { createDeployerFixture, waitUntil } from '../../testing/deployer/deployer-fixture.js';

const folder = mkdtempSync(join(tmpdir(), 'mh-input-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileOfLines(count: number): string {
  const path = join(folder, `${count}.txt`);
  writeFileSync(path, Array.from({ length: count }, (_, i) => `line ${i}`).join('\n') + '\n');
  return path;
}

function readLines(path: string): { lines: Interface; isRead: () => boolean } {
  const input = createReadStream(path);
  return { lines: createInterface({ input, crlfDelay: Infinity }), isRead: () => input.bytesRead > 0 };
}

describe('an input that listens to events', () => {
  it.each([1_000, 50_001])('has all of the %i lines of a file that readline reads', async (count) => {
    const { scheduler, deployer } = createDeployerFixture();
    scheduler.computeOutcome = (line) => ({ value: (line as string).length });
    const { lines, isRead } = readLines(fileOfLines(count));
    const job = deployer.computeFor(lines, (line: string) => line.length);
    // Lines are emitted before the job is deployed and its input is read.
    await waitUntil(isRead);
    const results = await job.exec();
    expect(results.length).toBe(count);
    expect(scheduler.inputData).toEqual(Array.from({ length: count }, (_, i) => `line ${i}`));
  });

  it('has all lines in addSlices too, while another input is still uploading', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    scheduler.tap.delayedReplies.add('job.append');
    const job = deployer.computeFor(['first'], (line: string) => line.length);
    job.autoClose = false;
    await job.deploy();
    const { lines, isRead } = readLines(fileOfLines(1_000));
    const more = job.addSlices(lines);
    await waitUntil(isRead);
    scheduler.tap.releaseReplies();
    expect(await more).toMatchObject({ firstSliceNumber: 2, count: 1_000 });
    await job.close();
    expect(scheduler.inputData).toHaveLength(1_001);
    await job.cancel();
  });

  it('is rejected with advice if lines are lost already', async () => {
    const { deployer } = createDeployerFixture();
    const { lines } = readLines(fileOfLines(10));
    await new Promise((resolve) => lines.once('close', resolve));
    expect(() => deployer.computeFor(lines, (line: string) => line)).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining('createInterface({ input })[Symbol.asyncIterator]()'),
      }) as Error,
    );
  });

  it('is closed if its job ends before it is read', async () => {
    const { deployer } = createDeployerFixture();
    let closed = 0;
    const source = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ value: 1, done: false }),
        return: () => {
          closed++;
          return Promise.resolve({ value: undefined, done: true as const });
        },
      }),
    };
    const job = deployer.computeFor(source, (x: number) => x);
    job.worktime = 'nothing';
    await expect(job.exec()).rejects.toMatchObject({ code: 'WORKTIME_UNKNOWN' });
    expect(closed).toBe(1);
  });
});

describe('a scheduler that has fewer slices than were read', () => {
  it('makes exec reject', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    scheduler.computeOutcome = () => ({ value: 1 });
    // The real scheduler never does it: the reply to the close has one slice less.
    scheduler.tap.changeMessage = (message) => {
      const { status } = (message.type === 'reply' ? message.body : {}) as { status?: JobStatus };
      if (message.type !== 'reply' || status === undefined || status.open) return [message];
      const less = { ...status, total: status.total - 1, leased: 0, accepted: 0 };
      return [{ ...message, body: { ...(message.body as object), status: less } }];
    };
    const job = deployer.computeFor([1, 2, 3], (x: number) => x);
    const error: unknown = await job.exec().catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'INTERNAL', message: expect.stringContaining('were read') });
  });
});

describe('an iterator whose next() returns no objects', () => {
  const broken: [string, Iterable<unknown> | AsyncIterable<unknown>][] = [
    ['sync', { [Symbol.iterator]: () => ({ next: () => 5 as never }) }],
    ['async', { [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve(5 as never) }) }],
    ['undefined', { [Symbol.iterator]: () => ({ next: () => undefined as never }) }],
  ];
  it.each(broken)('is rejected like in a for-of loop: %s', async (_, input) => {
    const { scheduler, deployer } = createDeployerFixture();
    const job = deployer.computeFor(input as Iterable<unknown>, () => 1);
    await expect(job.exec()).rejects.toMatchObject({
      code: 'INPUT_FAILED',
      message: expect.stringContaining('not an iterator result'),
    });
    await waitUntil(() => scheduler.job.runStatus === 'cancelled');
    expect(scheduler.job.total).toBe(0);
  });
});

describe('many concurrent inputs', () => {
  it('do not add so many listeners that Node warns', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const warnings: string[] = [];
    const heed = (warning: Error): void => void warnings.push(warning.name);
    process.on('warning', heed);
    const job = deployer.computeFor([0], (x: number) => x);
    job.autoClose = false;
    await job.deploy();
    scheduler.tap.delayedReplies.add('job.append');
    const added = Promise.all(Array.from({ length: 30 }, (_, i) => job.addSlices([i])));
    await waitUntil(() => scheduler.tap.requestsOfType('job.append').length === 31);
    scheduler.tap.releaseReplies();
    await added;
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', heed);
    expect(warnings).toEqual([]);
    await job.cancel();
  });
});
