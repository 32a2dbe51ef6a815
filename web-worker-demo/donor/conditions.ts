/**
 * Conditions under which a donor does not want this machine used: on battery, on a metered network, while somebody is
 * at it, under high pressure. A browser that cannot tell one of them leaves that one out.
 * @module
 */
import type { Settings } from './settings.js';

/** Why the worker rests. */
export type PauseReason = 'battery' | 'metered' | 'active' | 'pressure';

/** Watches one condition; calls back with whether it holds, at once where that is known. Answers what stops it. */
export type Watch = (changed: (holds: boolean) => void) => () => void;

/** What the browser can tell; absent where it cannot. */
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

/** Follows the conditions that the donor cares about, and tells when one begins or ends. */
export class Conditions {
  readonly #sources: ConditionSources;
  readonly #tell: (reason: PauseReason, holds: boolean) => void;
  readonly #watching = new Map<Watched, () => void>();
  readonly #holding = new Set<PauseReason>();

  constructor(sources: ConditionSources, tell: (reason: PauseReason, holds: boolean) => void) {
    this.#sources = sources;
    this.#tell = tell;
  }

  /** What holds now. */
  get reasons(): readonly PauseReason[] {
    return [...this.#holding];
  }

  /** Watches what these settings ask for, and nothing else. */
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

  #set(reason: PauseReason, holds: boolean): void {
    if (this.#holding.has(reason) === holds) return;
    if (holds) this.#holding.add(reason);
    else this.#holding.delete(reason);
    this.#tell(reason, holds);
  }
}
