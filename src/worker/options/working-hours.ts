/**
 * The hours of the day in which a worker works, in local time: outside them it pauses.
 * @module
 */
import type { CancelTimer, Clock } from '../../lib/clock.js';

/** Minutes since midnight, local time, 0 to 1,439; `to` is the first minute outside. `to` below `from` is past midnight. */
export interface Hours {
  readonly from: number;
  readonly to: number;
}

const MINUTE_MS = 60_000;
const MINUTES_A_DAY = 1_440;
const PATTERN = /^([01]?\d|2[0-3])(?::([0-5]\d))?\s*-\s*([01]?\d|2[0-4])(?::([0-5]\d))?$/;

/** `22-7` or `22:30-07:00`; undefined where the text is neither, or both ends are the same time. */
export function parseHours(text: string): Hours | undefined {
  const found = PATTERN.exec(text.trim());
  if (found === null) return undefined;
  const [, fromHour, fromMinute = '0', toHour, toMinute = '0'] = found;
  const from = Number(fromHour) * 60 + Number(fromMinute);
  const end = Number(toHour) * 60 + Number(toMinute);
  if (end > MINUTES_A_DAY) return undefined;
  const to = end % MINUTES_A_DAY;
  return from === to ? undefined : { from, to };
}

/** `22:00-07:00`. */
export function formatHours({ from, to }: Hours): string {
  const time = (minutes: number): string =>
    `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
  return `${time(from)}-${time(to)}`;
}

/** Whether that moment is within the hours, by the machine's own time zone. */
export function isWithin({ from, to }: Hours, at: Date): boolean {
  const minute = at.getHours() * 60 + at.getMinutes();
  return from < to ? minute >= from && minute < to : minute >= from || minute < to;
}

/** Watches the clock while there are hours, and reports when they begin and end. */
export class WorkingHours {
  readonly #clock: Clock;
  readonly #outside: (isOutside: boolean) => void;
  #hours: Hours | undefined;
  #cancel: CancelTimer | undefined;

  /** `outside` is called with every look at the clock. */
  constructor(clock: Clock, outside: (isOutside: boolean) => void) {
    this.#clock = clock;
    this.#outside = outside;
  }

  set hours(hours: Hours | undefined) {
    this.#hours = hours;
    this.#look();
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** Once a minute: a machine may have slept, and clocks are put forward and back. */
  #look(): void {
    this.close();
    const nowMs = this.#clock.wallMs();
    this.#outside(this.#hours !== undefined && !isWithin(this.#hours, new Date(nowMs)));
    if (this.#hours === undefined) return;
    const nextMs = MINUTE_MS - (nowMs % MINUTE_MS);
    this.#cancel = this.#clock.after(nextMs, () => this.#look(), { background: true });
  }
}
