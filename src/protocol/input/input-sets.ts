/**
 * The public class of ranges. `RangeObject` has DCP's name and semantics: the end is included, and with `group` each slice's
 * datum is an array, also of one number.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { readOptions } from '../../lib/options.js';
import { ARRAY_LENGTH_MAX } from '../limits.js';
import { rangeValues, type RangeInput } from '../messages/inputs.js';
import { rangeDatum, rangeFromBounds } from './ranges.js';

export interface RangeBounds {
  start: number;
  /** Included, where a whole number of steps leads to it. */
  end: number;
  /** Negative to count down. @default 1 */
  step?: number;
  /** Numbers in one slice's datum, which is then an array. */
  group?: number;
}

/** The bounds of a range that is given as an object. @throws UNKNOWN_OPTION, INVALID_ARGUMENT */
export function readBounds(bounds: unknown, where: string): RangeBounds {
  const names = { start: true, end: true, step: true, group: true } as const;
  // A missing start or end is refused by the range.
  return readOptions<RangeBounds>(bounds ?? null, where, names) as RangeBounds;
}

/** The datum of a slice of a range: a number, or an array of numbers where the range has a `group`. */
export type RangeDatum<G extends number | undefined> = [G] extends [undefined]
  ? number
  : [G] extends [number]
    ? number[]
    : number | number[];

/**
 * A range of numbers with one slice for each number or each `group`; it is sent as its description. The type parameter is the type
 * of `group`: `RangeObject` has none, `RangeObject<number>` has one, and `RangeObject<number | undefined>` may have one.
 */
export class RangeObject<G extends number | undefined = undefined> implements Iterable<RangeDatum<G>> {
  readonly start: number;
  readonly end: number;
  readonly step: number;
  readonly group: G;
  readonly #input: RangeInput;

  /** @throws INVALID_ARGUMENT: a number that is not finite, a step away from the end, an invalid group */
  constructor(start: number | (RangeBounds & { group?: G }), end?: number, step?: number, group?: G) {
    const bounds =
      typeof start === 'object' ? readBounds(start, 'RangeObject') : { start, end: end!, step, group };
    this.#input = rangeFromBounds(bounds.start, bounds.end, bounds.step, bounds.group);
    this.start = this.#input.start;
    this.end = bounds.end;
    this.step = this.#input.step;
    this.group = this.#input.group as G;
  }

  /** The number of slices. */
  get length(): number {
    return this.#input.count;
  }

  /** The total number of numbers; equal to `length` where there is no `group`. */
  get stepCount(): number {
    return rangeValues(this.#input);
  }

  /** The last number. */
  get last(): number {
    return this.start + (this.stepCount - 1) * this.step;
  }

  /** The largest number. */
  get max(): number {
    return Math.max(this.start, this.last);
  }

  /** Whether `end` is not reached by a whole number of steps. */
  get hasRemainder(): boolean {
    return Math.abs(this.end - this.last) > Math.abs(this.step) / 2 ** 20;
  }

  /** The datum of the slice at `n`, from 0. @throws INVALID_ARGUMENT where there is none */
  nthValue(n: number): RangeDatum<G> {
    return rangeDatum(this.#input, n) as RangeDatum<G>;
  }

  /** All data. @throws INVALID_ARGUMENT where they are too many for an array */
  toArray(): RangeDatum<G>[] {
    return this.slice();
  }

  /** The data from index `from` up to but not including `to`; negative indices count from the end. */
  slice(from = 0, to = this.length): RangeDatum<G>[] {
    const first = clampIndex(from, this.length);
    const count = Math.max(0, clampIndex(to, this.length) - first);
    if (count * (this.group ?? 1) > ARRAY_LENGTH_MAX) {
      throw new ManyhandsError(
        'INVALID_ARGUMENT',
        `a range of ${this.stepCount} numbers is too long for an array`,
      );
    }
    return Array.from({ length: count }, (_, i) => this.nthValue(first + i));
  }

  /** The data for which `keep` returns true, as an array. */
  filter(keep: (datum: RangeDatum<G>, index: number, range: this) => unknown): RangeDatum<G>[] {
    const kept: RangeDatum<G>[] = [];
    let index = 0;
    for (const datum of this) if (keep(datum, index++, this)) kept.push(datum);
    return kept;
  }

  *[Symbol.iterator](): IterableIterator<RangeDatum<G>> {
    for (let i = 0; i < this.length; i++) yield this.nthValue(i);
  }

  toString(): string {
    const group = this.group === undefined ? '' : ` in groups of ${this.group}`;
    return `${this.start} to ${this.end} by ${this.step}${group}`;
  }

  /** The arguments of the constructor as an object. */
  toObject(): RangeBounds {
    const bounds: RangeBounds = { start: this.start, end: this.end, step: this.step };
    if (this.group !== undefined) bounds.group = this.group;
    return bounds;
  }

  toJSON(): RangeBounds {
    return this.toObject();
  }
}

function clampIndex(index: number, length: number): number {
  const whole = Math.trunc(index) || 0;
  return Math.min(length, Math.max(0, whole < 0 ? length + whole : whole));
}
