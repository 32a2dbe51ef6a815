/**
 * The public class of ranges. `RangeObject` has DCP's name and semantics: the end is included, and with `group` each slice's
 * datum is an array, also of one number.
 * @module
 */
import { rangeValues, type RangeInput } from '../messages/range-inputs.js';
import { DescribedRange } from './described-range.js';
import { readBounds, type RangeBounds } from './range-forms.js';
import { rangeFromBounds } from './ranges.js';

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
export class RangeObject<G extends number | undefined = undefined> extends DescribedRange<RangeDatum<G>> {
  readonly start: number;
  readonly end: number;
  readonly step: number;
  readonly group: G;
  readonly #input: RangeInput;

  /** @throws INVALID_ARGUMENT: a number that is not finite, a step away from the end, an invalid group */
  constructor(start: number | (RangeBounds & { group?: G }), end?: number, step?: number, group?: G) {
    const bounds =
      typeof start === 'object' ? readBounds(start, 'RangeObject') : { start, end: end!, step, group };
    const input = rangeFromBounds(bounds.start, bounds.end, bounds.step, bounds.group);
    super([input]);
    this.#input = input;
    this.start = this.#input.start;
    this.end = bounds.end;
    this.step = this.#input.step;
    this.group = this.#input.group as G;
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

  protected override get width(): number {
    return this.group ?? 1;
  }

  override toString(): string {
    const group = this.group === undefined ? '' : ` in groups of ${this.group}`;
    return `${this.start} to ${this.end} by ${this.step}${group}`;
  }

  /** The arguments of the constructor as an object. */
  toObject(): RangeBounds {
    const bounds: RangeBounds = { start: this.start, end: this.end, step: this.step };
    if (this.group !== undefined) bounds.group = this.group;
    return bounds;
  }
}
