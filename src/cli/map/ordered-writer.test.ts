import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { OrderedWriter } from './ordered-writer.js';

/** A stream that takes a block only when it is asked to. */
class HeldStream extends Writable {
  text = '';
  #take: (() => void) | undefined;

  constructor() {
    super({ highWaterMark: 1, decodeStrings: false });
  }

  override _write(block: string, _encoding: string, done: () => void): void {
    this.text += block;
    this.#take = done;
  }

  take(): void {
    this.#take?.();
  }
}

it('lines are written in the order of their slices, whatever the order of their results', async () => {
  const stream = new HeldStream();
  const writer = new OrderedWriter(stream, true);
  for (const slice of [3, 1, 2, 5]) void writer.write(slice, `${slice}\n`);
  expect(writer.waiting).toBe(1);
  const ended = writer.end();
  stream.take();
  await ended;
  expect(stream.text).toBe('1\n2\n3\n5\n');
});

it('a slice without a line holds no other slice back', async () => {
  const stream = new HeldStream();
  const writer = new OrderedWriter(stream, true);
  void writer.write(2, 'b\n');
  void writer.write(1, '');
  const ended = writer.end();
  stream.take();
  await ended;
  expect(stream.text).toBe('b\n');
});

it('the caller waits while the stream is full, and no longer', async () => {
  const stream = new HeldStream();
  const writer = new OrderedWriter(stream, false);
  const full = writer.write(1, 'x'.repeat(70_000));
  expect(full).toBeInstanceOf(Promise);
  stream.take();
  await full;
  expect(writer.write(2, 'y\n')).toBeUndefined();
});
