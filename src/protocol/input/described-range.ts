/**
 * What all classes of ranges have in common: they read like arrays, and are sent as their description.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { ARRAY_LENGTH_MAX } from '../limits.js';
import type { DescribedInput } from '../messages/messages.js';
import { describedDatum } from './described-inputs.js';
import { registerDescription } from './range-forms.js';

/** A sequence of data that is computed, never listed. The type parameter is the type of a datum. */
export abstract class DescribedRange<D> implements Iterable<D> {
  readonly #parts: readonly DescribedInput[];
  readonly #length: number;

  protected constructor(parts: readonly DescribedInput[]) {
    this.#parts = parts;
    this.#length = parts.reduce((sum, { count }) => sum + count, 0);
    registerDescription(this, parts);
  }

  /** The number of slices. */
  get length(): number {
    return this.#length;
  }

  /** The arguments of the constructor as an object. */
  abstract toObject(): object;

  /** Values in one datum, for the limit of arrays. */
  protected get width(): number {
    return 1;
  }

  /** The datum of the slice at `n`, from 0. @throws INVALID_ARGUMENT where there is none */
  nthValue(n: number): D {
    let left = n;
    for (const part of this.#parts.slice(0, -1)) {
      if (left < part.count) return describedDatum(part, left) as D;
      left -= part.count;
    }
    return describedDatum(this.#parts.at(-1)!, left) as D;
  }

  /** All data. @throws INVALID_ARGUMENT where they are too many for an array */
  toArray(): D[] {
    return this.slice();
  }

  /** The data from index `from` up to but not including `to`; negative indices count from the end. */
  slice(from = 0, to = this.length): D[] {
    const first = clampIndex(from, this.length);
    const count = Math.max(0, clampIndex(to, this.length) - first);
    if (count * this.width > ARRAY_LENGTH_MAX) {
      throw new ManyhandsError('INVALID_ARGUMENT', `${count} data of a range are too many for an array`);
    }
    return Array.from({ length: count }, (_, i) => this.nthValue(first + i));
  }

  /** The data for which `keep` returns true, as an array. */
  filter(keep: (datum: D, index: number, range: this) => unknown): D[] {
    const kept: D[] = [];
    let index = 0;
    for (const datum of this) if (keep(datum, index++, this)) kept.push(datum);
    return kept;
  }

  *[Symbol.iterator](): IterableIterator<D> {
    for (let i = 0; i < this.length; i++) yield this.nthValue(i);
  }

  toJSON(): object {
    return this.toObject();
  }
}

function clampIndex(index: number, length: number): number {
  const whole = Math.trunc(index) || 0;
  return Math.min(length, Math.max(0, whole < 0 ? length + whole : whole));
}
