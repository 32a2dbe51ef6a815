import { expect, it } from 'vitest';
import { LedgerWatch } from './ledger-watch.js';
import { openPageStore } from './page-store.js';

const store = () =>
  openPageStore(() => {
    throw new Error('refused');
  });
const [MINE, OTHER] = [`0x${'1'.repeat(40)}`, `0x${'2'.repeat(40)}`];
const account = (address: string, balance: bigint, earned: bigint) => ({
  address,
  balance,
  escrow: 0n,
  earned,
});

it('the ledger watch shows the account as the ledger last reported it, and never another address’s', () => {
  const kept = store();
  const watch = new LedgerWatch(kept);
  watch.take(account(MINE, 2n ** 62n, 7n), 1_000);
  expect(watch.of(OTHER)).toBeUndefined();
  expect(watch.of(undefined)).toBeUndefined();
  expect(new LedgerWatch(kept).of(MINE)).toEqual({ ...account(MINE, 2n ** 62n, 7n), atMs: 1_000 });
});

it('the ledger watch counts as earned in this visit what the ledger added in it, over all paid addresses', () => {
  const watch = new LedgerWatch(store());
  for (const [address, earned] of [
    [MINE, 100n],
    [MINE, 130n],
    [OTHER, 5n],
    [OTHER, 6n],
    [MINE, 140n],
  ] as const)
    watch.take(account(address, 0n, earned), 1);
  expect(watch.earned).toBe(41n);
});

it('the ledger watch ignores a stored ledger record that is malformed', () => {
  for (const wrong of [null, 'x', { address: MINE, balance: '1', escrow: '-1', earned: '0', atMs: 1 }]) {
    const kept = store();
    kept.write('ledger', wrong);
    expect(new LedgerWatch(kept).of(MINE)).toBeUndefined();
  }
});
