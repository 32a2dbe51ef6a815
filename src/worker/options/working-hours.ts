/**
 * The hours of the day, local time, in which a worker works; it pauses outside them.
 * @module
 */
import type { CancelTimer, Clock } from '../../lib/clock.js';

/** Minutes since midnight, local time, 0 to 1,439. `to` is exclusive; where it is below `from`, it is on the next day. */
export interface Hours {
  readonly from: number;
  readonly to: number;
}

const MINUTE_MS = 60_000;
const MINUTES_A_DAY = 1_440;
const PATTERN = /^([01]?\d|2[0-3])(?::([0-5]\d))?\s*-\s*([01]?\d|2[0-4])(?::([0-5]\d))?$/;

/** Parses `22-7` or `22:30-07:00`; undefined where the text is malformed or both times are equal. */
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

/** Formats as `22:00-07:00`. */
export function formatHours({ from, to }: Hours): string {
  const time = (minutes: number): string =>
    `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
  return `${time(from)}-${time(to)}`;
}

/** Whether that time is within the hours, in the machine's time zone. */
export function isWithin({ from, to }: Hours, at: Date): boolean {
  const minute = at.getHours() * 60 + at.getMinutes();
  return from < to ? minute >= from && minute < to : minute >= from || minute < to;
}

/** Checks the time while hours are set, and reports whether it is outside them. */
export class WorkingHours {
  readonly #clock: Clock;
  readonly #outside: (isOutside: boolean) => void;
  #hours: Hours | undefined;
  #cancel: CancelTimer | undefined;

  /** `outside` is called at every check. */
  constructor(clock: Clock, outside: (isOutside: boolean) => void) {
    this.#clock = clock;
    this.#outside = outside;
  }

  set hours(hours: Hours | undefined) {
    this.#hours = hours;
    this.#check();
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** Checks once a minute, since a machine may be suspended and clocks may be changed. */
  #check(): void {
    this.close();
    const nowMs = this.#clock.wallMs();
    this.#outside(this.#hours !== undefined && !isWithin(this.#hours, new Date(nowMs)));
    if (this.#hours === undefined) return;
    const nextMs = MINUTE_MS - (nowMs % MINUTE_MS);
    this.#cancel = this.#clock.after(nextMs, () => this.#check(), { background: true });
  }
}
