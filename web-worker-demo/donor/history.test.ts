import { expect, it } from 'vitest';
import type { KeyValueStorage } from '../../src/entry/page.browser.js';
import { dayOf, History } from './history.js';

/** As the browser's database, in memory. */
function memoryStorage(): KeyValueStorage {
  const map = new Map<string, Uint8Array>();
  return {
    get: (key) => Promise.resolve(map.get(key)),
    set: (key, value) => Promise.resolve(void map.set(key, value)),
    add: (key) => Promise.resolve(!map.has(key)),
    delete: (key) => Promise.resolve(void map.delete(key)),
    keys: () => Promise.resolve([...map.keys()]),
  };
}

const DAY_MS = 86_400_000;
const NOON = new Date(2026, 4, 20, 12).getTime();
const JOB = 'A'.repeat(22);
const about = { name: 'Primes', owner: `0x${'1'.repeat(40)}` };

async function opened(storage: KeyValueStorage, key: string): Promise<History> {
  const history = new History(storage, key);
  await history.load();
  return history;
}

it('the history adds up two tabs, by day and by job, and neither overwrites the other', async () => {
  const storage = memoryStorage();
  const [one, other] = [await opened(storage, '1-a'), await opened(storage, '1-b')];
  one.add(JOB, about, { slices: 3, computeMs: 300 }, NOON - DAY_MS);
  other.add(JOB, about, { slices: 4, computeMs: 400 }, NOON);
  one.add(JOB, { name: '', owner: '' }, { slices: 1, computeMs: 50 }, NOON);
  await Promise.all([one.save(), other.save()]);
  const later = await opened(storage, '2-a');
  expect(later.jobs).toEqual([
    { jobId: JOB, ...about, firstMs: NOON - DAY_MS, lastMs: NOON, slices: 8, computeMs: 750 },
  ]);
  expect(later.days(NOON).slice(-2)).toEqual([
    [dayOf(NOON - DAY_MS), { slices: 3, computeMs: 300 }],
    [dayOf(NOON), { slices: 5, computeMs: 450 }],
  ]);
});

it('the history stores the log with its dates, and clear() deletes everything', async () => {
  const storage = memoryStorage();
  const first = await opened(storage, '1-a');
  first.note({ key: 'log.connected', atMs: 7 });
  first.note({ key: 'log.stopped', atMs: 9 });
  await first.save();
  const second = await opened(storage, '2-a');
  expect(second.pastLog.map(({ key, atMs }) => [key, atMs])).toEqual([
    ['log.connected', 7],
    ['log.stopped', 9],
  ]);
  await second.clear();
  expect([second.pastLog, second.jobs, await storage.keys()]).toEqual([[], [], []]);
});

it('the history is bounded in visits, and in jobs and log entries of a visit', async () => {
  const storage = memoryStorage();
  for (let i = 0; i < 410; i++) await storage.set(`0-${String(i).padStart(3, '0')}`, Uint8Array.of(123, 125));
  const history = await opened(storage, '1-a');
  expect((await storage.keys()).length).toBe(400);
  for (let i = 0; i < 300; i++) {
    history.add(String(i), about, { slices: 1, computeMs: 1 }, NOON + i);
    history.note({ key: 'log.connected', atMs: i });
  }
  await history.save();
  expect((await storage.get('1-a'))!.byteLength).toBeLessThan(40_000);
  expect(history.jobs).toHaveLength(100);
});

it.each([
  '{',
  '[]',
  '{"days":{"x":{}},"jobs":{"a":{}},"log":[{}]}',
  '{"days":{},"jobs":{"a":{"slices":-1}},"log":[]}',
])('the history ignores a record that is %s', async (text) => {
  const storage = memoryStorage();
  await storage.set('0-a', new TextEncoder().encode(text));
  const history = await opened(storage, '1-a');
  expect([history.jobs, history.pastLog]).toEqual([[], []]);
  expect(history.days(NOON).every(([, { slices }]) => slices === 0)).toBe(true);
});
