/**
 * Arguments of a wrong type are rejected with a coded error, by the public calls that no other test calls so.
 * @module
 */
import { expect, test } from 'vitest';
import { unpackBundle } from './jobfs.node.js';
import { openWallet } from './wallet.node.js';
import { Worker } from './worker.node.js';

const coded: unknown = expect.objectContaining({ code: 'INVALID_ARGUMENT' });

test.each([undefined, null, 0, '', {}, ['a']])('a wallet cannot be opened in the folder %s', (home) => {
  expect(() => openWallet(home as never)).toThrow(coded);
});

test.each([undefined, null, 'x', {}])('%s is not a bundle', (bytes) => {
  expect(() => unpackBundle(bytes as never)).toThrow(coded);
});

test.each([null, 0, 'x', []])('%s is not an object of options of a worker', (options) => {
  expect(() => new Worker(options as never)).toThrow(coded);
});

test.each([undefined, null, {}, Object.create(null)])(
  'a worker has not loaded a job with the id %s',
  async (jobId) => {
    const worker = new Worker({ isolation: 'thread' });
    await expect(worker.jobInfo(jobId as never)).rejects.toMatchObject({ code: 'JOB_UNKNOWN' });
  },
);
