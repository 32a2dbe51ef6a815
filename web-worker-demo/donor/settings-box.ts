/**
 * The page's copy of the donor's settings: read once, changed by patches, stored at once, with listeners for changes.
 * Changes in other tabs are received too.
 * @module
 */
import type { PageStore } from './page-store.js';
import { readSettings, type Settings } from './settings.js';

const RECORD = 'settings';

export class SettingsBox {
  readonly #store: PageStore;
  readonly #cores: number;
  readonly #listeners: (() => void)[] = [];
  #now: Settings;

  /** `cores`: how many this machine has. */
  constructor(store: PageStore, cores: number) {
    this.#store = store;
    this.#cores = cores;
    this.#now = readSettings(store.read(RECORD), cores);
    store.onChange(RECORD, () => {
      this.#now = readSettings(store.read(RECORD), cores);
      this.#notify();
    });
  }

  get now(): Readonly<Settings> {
    return this.#now;
  }

  get keeps(): boolean {
    return this.#store.keeps;
  }

  change(patch: Partial<Settings>): void {
    this.#now = readSettings({ ...this.#now, ...patch }, this.#cores);
    this.#store.write(RECORD, this.#now);
    this.#notify();
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}
