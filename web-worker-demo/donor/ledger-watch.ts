/**
 * The paid account as the scheduler's ledger has it: requested while there is a connection, and stored for the time
 * without one. Nothing is added up here: the ledger is the only source.
 * @module
 */
import type { PaymentAccount } from 'manyhands/worker';
import type { PageStore } from './page-store.js';

/** An account as the ledger last showed it. */
export interface Ledger extends PaymentAccount {
  /** Milliseconds since 1970. */
  atMs: number;
}

const RECORD = 'ledger';

export class LedgerWatch {
  readonly #store: PageStore;
  #last: Ledger | undefined;
  /** What each account had earned when it was first shown in this visit, and what it has now. */
  readonly #visit = new Map<string, { first: bigint; now: bigint }>();

  constructor(store: PageStore) {
    this.#store = store;
    this.#last = readLedger(store.read(RECORD));
    store.onChange(RECORD, () => (this.#last = readLedger(store.read(RECORD))));
  }

  /** The account of that address; undefined if the ledger was not asked about it yet. */
  of(address: string | undefined): Ledger | undefined {
    return this.#last !== undefined && this.#last.address === address ? this.#last : undefined;
  }

  /** Units that all paid accounts earned in this visit. */
  get earned(): bigint {
    return [...this.#visit.values()].reduce((sum, { first, now }) => sum + now - first, 0n);
  }

  take(account: PaymentAccount, atMs: number): void {
    this.#last = { ...account, atMs };
    const first = this.#visit.get(account.address)?.first ?? account.earned;
    this.#visit.set(account.address, { first, now: account.earned });
    const { address, balance, escrow, earned } = account;
    this.#store.write(RECORD, {
      address,
      balance: String(balance),
      escrow: String(escrow),
      earned: String(earned),
      atMs,
    });
  }
}

function readLedger(stored: unknown): Ledger | undefined {
  if (typeof stored !== 'object' || stored === null) return undefined;
  const { address, balance, escrow, earned, atMs } = stored as Record<string, unknown>;
  const units = [balance, escrow, earned];
  if (typeof address !== 'string' || typeof atMs !== 'number') return undefined;
  if (!units.every((one): one is string => typeof one === 'string' && /^\d{1,30}$/.test(one)))
    return undefined;
  const [a, b, c] = units.map(BigInt) as [bigint, bigint, bigint];
  return { address, balance: a, escrow: b, earned: c, atMs };
}
