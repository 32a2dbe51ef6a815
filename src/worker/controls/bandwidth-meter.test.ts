import { expect, it } from 'vitest';
import { memoryStorage } from '../../lib/storage/storage.js';
import type { KeyValueStorage } from '../../lib/storage/storage.js';
import { VirtualClock } from '../../testing/virtual-clock.js';
import { memoryNetwork } from '../../transport/memory.js';
import { Traffic } from './bandwidth-meter.js';

const DAY_MS = 86_400_000;

let count = 0;

function traffic(clock: VirtualClock, storage?: KeyValueStorage, cap?: number) {
  const told: number[] = [];
  const capped: boolean[] = [];
  const made = new Traffic(
    {
      clock,
      storage,
      key: 'bytes-test',
      id: `worker-${++count}`,
      told: (bytes) => told.push(bytes),
      capped: (isCapped) => capped.push(isCapped),
    },
    cap,
  );
  return { made, told, capped };
}

it('counts both ways of a connection and of fetch', async () => {
  const { made } = traffic(new VirtualClock());
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

it('goes on from what was kept of the same day, and from nothing on another', async () => {
  const clock = new VirtualClock();
  const storage = memoryStorage();
  const first = traffic(clock, storage);
  await first.made.load();
  first.made.add(700);
  await first.made.close();
  const second = traffic(clock, storage, 1_000);
  await second.made.load();
  expect(second.made.bytesToday).toBe(700);
  second.made.add(300);
  expect(second.capped).toEqual([true]);
  await second.made.close();
  const capped = traffic(clock, storage, 1_000);
  await capped.made.load();
  expect(capped.capped).toEqual([true]);
  await capped.made.close();
  await clock.advance(DAY_MS);
  const next = traffic(clock, storage, 1_000);
  await next.made.load();
  expect(next.made.bytesToday).toBe(0);
  expect(next.capped).toEqual([]);
});

it('of two workers that share a place the cap holds for both together, and neither overwrites the other', async () => {
  const clock = new VirtualClock();
  const storage = memoryStorage();
  const [one, other] = [traffic(clock, storage, 1_000), traffic(clock, storage, 1_000)];
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
  expect([one.capped, other.capped]).toEqual([[true], [true]]);
  await Promise.all([one.made.close(), other.made.close()]);
  const later = traffic(clock, storage);
  await later.made.load();
  expect(later.made.bytesToday).toBe(1_004);
  await clock.advance(DAY_MS);
  const next = traffic(clock, storage);
  await next.made.load();
  expect([next.made.bytesToday, await storage.keys()]).toEqual([0, []]);
});

it.each(['', 'null', '{"day":"x","bytes":1}', '{"day":1,"bytes":-5}', '[1'])(
  'begins with nothing where %j was kept',
  async (text) => {
    const storage = memoryStorage();
    await storage.set('bytes-test', new TextEncoder().encode(text));
    const { made } = traffic(new VirtualClock(), storage);
    await made.load();
    expect(made.bytesToday).toBe(0);
  },
);

it('says the sum once a second at most, and takes the cap away when it is raised', async () => {
  const clock = new VirtualClock();
  const { made, told, capped } = traffic(clock, undefined, 50);
  for (let i = 0; i < 100; i++) made.add(1);
  await clock.advance(1_000);
  expect(told).toEqual([100]);
  expect(capped).toEqual([true]);
  made.cap = 200;
  made.cap = undefined;
  expect(capped).toEqual([true, false]);
});
