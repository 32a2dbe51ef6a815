/**
 * Public classes of several ranges in one input, as in DCP: all combinations of them, or one after another.
 * @module
 */
import { DescribedRange } from './described-range.js';
import { multiRangeFrom, sparseRangesFrom, type RangeBounds } from './range-forms.js';

/** A range as the user gives it. */
type Bounds = Readonly<RangeBounds>;

/** What a multi-range may be made of. */
export type RangeMember = Bounds | DescribedRange<number | number[]> | { readonly sparse: readonly Bounds[] };

/** The datum of one range of a list. */
export type MemberDatum<M> =
  M extends DescribedRange<infer D>
    ? D
    : M extends { readonly sparse: readonly (infer S)[] }
      ? MemberDatum<S>
      : M extends { readonly group: number }
        ? number[]
        : 'group' extends keyof M
          ? number | number[]
          : number;

/** The datum of a multi-range: one datum of each of its ranges. */
export type RangeTuple<M extends readonly unknown[]> = { -readonly [K in keyof M]: MemberDatum<M[K]> };

/** `{ ranges }` of a multi-range. */
export interface MultiRanges<M extends readonly RangeMember[] = readonly RangeMember[]> {
  readonly ranges: M;
}

/** `{ sparse }` of a sparse range. */
export interface SparseRanges<S extends readonly Bounds[] = readonly Bounds[]> {
  readonly sparse: S;
}

/**
 * All combinations of several ranges; the last range changes fastest. The work function is called with one argument for a
 * slice, the array of one datum of each range.
 */
export class MultiRangeObject<
  const M extends readonly RangeMember[] = readonly RangeMember[],
> extends DescribedRange<RangeTuple<M>> {
  readonly ranges: M;

  /** @throws INVALID_ARGUMENT, UNKNOWN_OPTION: what is no range; LIMIT_EXCEEDED: too many ranges */
  constructor(...ranges: M);
  constructor(ranges: M | MultiRanges<M>);
  constructor(...given: unknown[]) {
    const ranges = listOf(given, 'ranges');
    super([multiRangeFrom(ranges)]);
    const copy: readonly RangeMember[] = [...(ranges as RangeMember[])];
    this.ranges = copy as M;
  }

  protected override get width(): number {
    return this.ranges.length;
  }

  toObject(): MultiRanges<M> {
    return { ranges: this.ranges };
  }

  override toString(): string {
    return `combinations of ${this.ranges.length} ranges`;
  }
}

/** The data of several ranges, one range after another. All have one `group`, or none. */
export class SparseRangeObject<const S extends readonly Bounds[] = readonly Bounds[]> extends DescribedRange<
  MemberDatum<S[number]>
> {
  readonly ranges: S;

  /** @throws INVALID_ARGUMENT, UNKNOWN_OPTION: what is no range; LIMIT_EXCEEDED: too many ranges */
  constructor(...ranges: S);
  constructor(ranges: S | SparseRanges<S>);
  constructor(...given: unknown[]) {
    const ranges = listOf(given, 'sparse');
    super(sparseRangesFrom(ranges));
    const copy: readonly Bounds[] = [...(ranges as Bounds[])];
    this.ranges = copy as S;
  }

  protected override get width(): number {
    return this.ranges[0]!.group ?? 1;
  }

  toObject(): SparseRanges<S> {
    return { sparse: this.ranges };
  }

  override toString(): string {
    return `${this.ranges.length} ranges, one after another`;
  }
}

/** The ranges of the arguments: themselves, one list of them, or an object that has the list. */
function listOf(given: readonly unknown[], name: 'ranges' | 'sparse'): unknown {
  const [only] = given;
  if (given.length !== 1 || typeof only !== 'object' || only === null) return given;
  if (Array.isArray(only)) return only;
  return Object.hasOwn(only, name) ? (only as Record<string, unknown>)[name] : given;
}
