/**
 * Conditions under which the worker pauses: on battery, on a metered network, while somebody uses the machine, under
 * high CPU pressure. A condition that this browser cannot observe is left out.
 * @module
 */
import type { Settings } from './settings.js';

/** A condition that pauses the worker. */
export type ConditionReason = 'battery' | 'metered' | 'active' | 'pressure';

/** Observes one condition and calls back with whether it holds, at once if that is known. Returns a function that stops it. */
export type Watch = (changed: (holds: boolean) => void) => () => void;

/** What this browser can observe. */
export interface ConditionSources {
  battery?: Watch;
  metered?: Watch;
  active?: Watch;
  pressure?: Watch;
}

type Watched = keyof ConditionSources;

const WANTED: Record<Watched, (settings: Settings) => boolean> = {
  battery: (settings) => settings.onlyPlugged,
  metered: (settings) => settings.avoidMetered,
  active: (settings) => settings.onlyIdle,
  pressure: (settings) => settings.pauseUnderPressure,
};

/** Observes the conditions that the donor chose, and notifies when one begins or ends. */
export class Conditions {
  readonly #sources: ConditionSources;
  readonly #notify: (reason: ConditionReason, holds: boolean) => void;
  readonly #watching = new Map<Watched, () => void>();
  readonly #holding = new Set<ConditionReason>();

  constructor(sources: ConditionSources, notify: (reason: ConditionReason, holds: boolean) => void) {
    this.#sources = sources;
    this.#notify = notify;
  }

  /** The conditions that hold now. */
  get reasons(): readonly ConditionReason[] {
    return [...this.#holding];
  }

  /** Observes the conditions that these settings name, and no others. */
  follow(settings: Settings): void {
    for (const reason of Object.keys(WANTED) as Watched[]) {
      if (WANTED[reason](settings)) this.#watch(reason);
      else this.#unwatch(reason);
    }
  }

  close(): void {
    for (const reason of [...this.#watching.keys()]) this.#unwatch(reason);
  }

  #watch(reason: Watched): void {
    const watch = this.#sources[reason];
    if (watch === undefined || this.#watching.has(reason)) return;
    let stopped = false;
    const stop = watch((holds) => {
      if (!stopped) this.#set(reason, holds);
    });
    this.#watching.set(reason, () => {
      stopped = true;
      stop();
    });
  }

  #unwatch(reason: Watched): void {
    this.#watching.get(reason)?.();
    this.#watching.delete(reason);
    this.#set(reason, false);
  }

  #set(reason: ConditionReason, holds: boolean): void {
    if (this.#holding.has(reason) === holds) return;
    if (holds) this.#holding.add(reason);
    else this.#holding.delete(reason);
    this.#notify(reason, holds);
  }
}
