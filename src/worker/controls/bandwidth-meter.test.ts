import { expect, it } from 'vitest';
import { memoryStorage } from '../../lib/storage/storage.js';
import type { KeyValueStorage } from '../../lib/storage/storage.js';
import { VirtualClock } from '../../testing/virtual-clock.js';
import { memoryNetwork } from '../../testing/memory-network.js';
import { BandwidthMeter } from './bandwidth-meter.js';

const DAY_MS = 86_400_000;

let count = 0;

function meter(clock: VirtualClock, storage?: KeyValueStorage, limitBytes?: number) {
  const reported: number[] = [];
  const limited: boolean[] = [];
  const made = new BandwidthMeter(
    {
      clock,
      storage,
      key: 'bytes-test',
      id: `worker-${++count}`,
      reported: (bytes) => reported.push(bytes),
      limited: (isLimited) => limited.push(isLimited),
    },
    limitBytes,
  );
  return { made, reported, limited };
}

it('the bandwidth meter counts both ways of a connection and of fetch', async () => {
  const { made } = meter(new VirtualClock());
  const network = memoryNetwork();
  network.listen('ws://there/socket', (connection) =>
    connection.handle({ message: (bytes) => connection.send(new Uint8Array(bytes.length * 2)), close() {} }),
  );
  const connection = await made.connect(network.connect)('ws://there/socket');
  const answered = new Promise<Uint8Array>((resolve) =>
    connection.handle({ message: resolve, close: () => undefined }),
  );
  connection.send(new Uint8Array(10));
  expect((await answered).length).toBe(20);
  expect(made.bytesToday).toBe(30);
  const load = made.fetch(() => Promise.resolve(new Response(new Uint8Array(300))));
  const answer = await load('http://there/', { method: 'PUT', body: new Uint8Array(70) });
  expect((await answer.arrayBuffer()).byteLength).toBe(300);
  expect(made.bytesToday).toBe(400);
  const none = made.fetch(() => Promise.resolve(new Response(null, { status: 204 })));
  expect((await none('http://there/')).status).toBe(204);
});

it('the bandwidth meter continues with the stored bytes of the same day, and with none of another day', async () => {
  const clock = new VirtualClock();
  const storage = memoryStorage();
  const first = meter(clock, storage);
  await first.made.load();
  first.made.add(700);
  await first.made.close();
  const second = meter(clock, storage, 1_000);
  await second.made.load();
  expect(second.made.bytesToday).toBe(700);
  second.made.add(300);
  expect(second.limited).toEqual([true]);
  await second.made.close();
  const limited = meter(clock, storage, 1_000);
  await limited.made.load();
  expect(limited.limited).toEqual([true]);
  await limited.made.close();
  await clock.advance(DAY_MS);
  const next = meter(clock, storage, 1_000);
  await next.made.load();
  expect(next.made.bytesToday).toBe(0);
  expect(next.limited).toEqual([]);
});

it('of two workers that share a place the limitBytes holds for both together, and neither overwrites the other', async () => {
  const clock = new VirtualClock();
  const storage = memoryStorage();
  const [one, other] = [meter(clock, storage, 1_000), meter(clock, storage, 1_000)];
  await Promise.all([one.made.load(), other.made.load()]);
  one.made.add(600);
  other.made.add(300);
  // Each sees the other's part as of its last writing.
  for (const bytes of [1, 50, 1]) {
    await clock.advance(10_000);
    for (const each of [one, other]) each.made.add(bytes);
  }
  await clock.advance(10_000);
  for (const each of [one, other]) expect(each.made.bytesToday).toBeGreaterThanOrEqual(1_000);
  expect([one.limited, other.limited]).toEqual([[true], [true]]);
  await Promise.all([one.made.close(), other.made.close()]);
  const later = meter(clock, storage);
  await later.made.load();
  expect(later.made.bytesToday).toBe(1_004);
  await clock.advance(DAY_MS);
  const next = meter(clock, storage);
  await next.made.load();
  expect([next.made.bytesToday, await storage.keys()]).toEqual([0, []]);
});

it.each(['', 'null', '{"day":"x","bytes":1}', '{"day":1,"bytes":-5}', '[1'])(
  'the bandwidth meter starts at zero if %j was stored',
  async (text) => {
    const storage = memoryStorage();
    await storage.set('bytes-test', new TextEncoder().encode(text));
    const { made } = meter(new VirtualClock(), storage);
    await made.load();
    expect(made.bytesToday).toBe(0);
  },
);

it('the bandwidth meter reports the sum at most once a second, and ends its pause when the limit is raised', async () => {
  const clock = new VirtualClock();
  const { made, reported, limited } = meter(clock, undefined, 50);
  for (let i = 0; i < 100; i++) made.add(1);
  await clock.advance(1_000);
  expect(reported).toEqual([100]);
  expect(limited).toEqual([true]);
  made.limitBytes = 200;
  made.limitBytes = undefined;
  expect(limited).toEqual([true, false]);
});
