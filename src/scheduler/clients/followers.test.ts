import { afterEach, expect, test } from 'vitest';
import { SOCKET_BUFFER_BYTES_LOW, SOCKET_BUFFER_BYTES_MAX } from '../../protocol/limits.js';
import { rangeFromBounds } from '../../protocol/input/ranges.js';
import { SchedulerFixture } from '../../testing/scheduler/scheduler-fixture.js';
import { WorkerPeer } from '../../testing/scheduler/worker-peer.js';
import { MemoryBlobs } from '../../testing/scheduler/memory-blobs.js';

let fixture: SchedulerFixture;
afterEach(() => fixture.close());
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('a client that follows many jobs is sent no more at once than its socket may buffer', async () => {
  fixture = await SchedulerFixture.start();
  const jobs: string[] = [];
  const worker = new WorkerPeer(fixture.worker(), new MemoryBlobs(() => fixture.core.tickets));
  for (let i = 0; i < 40; i++) {
    jobs.push(await fixture.deploy(rangeFromBounds(1, 1)));
    await worker.report([{ value: 'x'.repeat(900_000) }]);
  }
  const client = fixture.operator();
  const send = client.send.bind(client);
  let maxBytes = 0;
  client.send = (bytes) => {
    send(bytes);
    client.bufferedBytes += bytes.byteLength;
    maxBytes = Math.max(maxBytes, client.bufferedBytes);
  };
  client.bufferedBytes = SOCKET_BUFFER_BYTES_LOW + 1;
  let id = 0;
  for (const jobId of jobs)
    await client.request({ type: 'job.follow', id: ++id, jobId, after: 0, windowBytes: 4 * 1024 * 1024 });
  for (let i = 0; i < 3 * jobs.length && client.closed === undefined; i++) {
    client.drain();
    await turn();
    await turn();
  }
  expect(client.closed).toBeUndefined();
  expect(maxBytes).toBeLessThan(SOCKET_BUFFER_BYTES_MAX / 2);
  const received = client
    .messagesOfType('job.journal')
    .filter(({ rows }) => rows.some((r) => r.event.kind === 'outcomes'));
  expect(received.length).toBe(jobs.length);
});
