import { PassThrough, Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createDeployerFixture, waitUntil } from '../../testing/deployer/deployer-fixture.js';
import { toJobInput } from './input.js';

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

async function read(data: unknown): Promise<unknown[]> {
  const input = toJobInput(data);
  if (input.kind !== 'stream') throw new Error(`not a stream: ${input.kind}`);
  const items: unknown[] = [];
  for (;;) {
    const { done, value } = await input.iterator.next();
    if (done === true) return items;
    items.push(value);
  }
}

describe('a stream of Node', () => {
  it('has its items as data, and those of bytes their chunks', async () => {
    expect(await read(Readable.from([{ a: 1 }, 'b', 3]))).toEqual([{ a: 1 }, 'b', 3]);
    const text = new PassThrough({ encoding: 'utf8' });
    text.end('a\nb');
    expect(await read(text)).toEqual(['a\nb']);
  });

  it('that has ended or was destroyed is refused', async () => {
    const ended = Readable.from([1]);
    await read(ended);
    const destroyed = new PassThrough().destroy();
    for (const stream of [ended, destroyed]) {
      expect(() => toJobInput(stream)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    }
  });
});

describe('a stream of the web', () => {
  it('has its values as data, also where streams cannot be iterated', async () => {
    const values = new ReadableStream({
      start(controller) {
        for (const each of [1, bytes('x\ny')]) controller.enqueue(each);
        controller.close();
      },
    });
    Object.defineProperty(values, Symbol.asyncIterator, { value: undefined });
    expect(await read(values)).toEqual([1, bytes('x\ny')]);
  });

  it('that is locked is refused', () => {
    const stream = new ReadableStream();
    stream.getReader();
    expect(() => toJobInput(stream)).toThrow(/locked/);
  });
});

describe('a job over a stream', () => {
  it('destroys the stream when it is cancelled, also while nothing comes', async () => {
    const { deployer } = createDeployerFixture();
    const node = new PassThrough({ objectMode: true });
    node.write(1);
    let reason: unknown;
    const web = new ReadableStream({
      cancel(why) {
        reason = why ?? 'cancelled';
      },
    });
    for (const stream of [node, web]) {
      const job = deployer.computeFor(stream as AsyncIterable<number>, (x: number) => x);
      await job.deploy();
      await job.cancel();
    }
    await waitUntil(() => node.destroyed && reason !== undefined);
  });

  it('fails with INPUT_FAILED when the stream does, also before the job is deployed', async () => {
    const { deployer } = createDeployerFixture();
    const early = new PassThrough();
    const job = deployer.computeFor(early, (line) => line);
    const broken = new Error('the disk is gone');
    early.destroy(broken);
    await expect(job.exec()).rejects.toMatchObject({ code: 'INPUT_FAILED', cause: broken });
  });
});

it('a stream is read no further than the job reads ahead', async () => {
  const { deployer } = createDeployerFixture();
  let pulled = 0;
  const endless = new ReadableStream<number>({
    pull(controller) {
      controller.enqueue(pulled++);
    },
  });
  const job = deployer.computeFor(endless, (x: number) => x);
  job.readAhead = { slices: 100 };
  await job.deploy();
  await waitUntil(() => pulled >= 100);
  for (let turn = 0; turn < 100; turn++) await nextTurn();
  expect(pulled).toBeLessThan(110);
  await job.cancel();
});
