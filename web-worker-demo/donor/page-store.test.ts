import { expect, it } from 'vitest';
import { openPageStore } from './page-store.js';

function fakeStorage(entries = new Map<string, string>()): Storage {
  return {
    get length() {
      return entries.size;
    },
    key: (index) => [...entries.keys()][index] ?? null,
    clear: () => entries.clear(),
    getItem: (key) => entries.get(key) ?? null,
    setItem: (key, value) => void entries.set(key, value),
    removeItem: (key) => void entries.delete(key),
  };
}

it('the page store keeps records in the browser', () => {
  const storage = fakeStorage();
  openPageStore(() => storage).write('settings', { cores: 2 });
  const again = openPageStore(() => storage);
  expect([again.keeps, again.read('settings'), again.read('other')]).toEqual([true, { cores: 2 }, undefined]);
});

it('the page store works in memory if the browser refuses storage', () => {
  const store = openPageStore(() => {
    throw new Error('refused');
  });
  store.write('settings', { cores: 2 });
  expect([store.keeps, store.read('settings')]).toEqual([false, { cores: 2 }]);
});

it('the page store ignores records that are malformed or far too large', () => {
  const store = openPageStore(() =>
    fakeStorage(
      new Map([
        ['manyhands.a', '{'],
        ['manyhands.b', `"${'x'.repeat(300_000)}"`],
      ]),
    ),
  );
  expect([store.read('a'), store.read('b')]).toEqual([undefined, undefined]);
});
