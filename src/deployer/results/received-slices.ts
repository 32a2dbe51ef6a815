/**
 * The set of slices whose outcome was received, as runs of consecutive numbers: few, as long as outcomes arrive roughly
 * in order.
 * @module
 */
export class ReceivedSlices {
  /** First and last number of each run, sorted; adjacent runs are merged. */
  readonly #runs: [first: number, last: number][] = [];
  #size = 0;
  /** The index of the run that grew last. */
  #recent = 0;
  /** The next slice of that run, up to `#bound`, which is the last one before the run that follows it. */
  #expected = NaN;
  #bound = NaN;

  get size(): number {
    return this.#size;
  }

  /** First and last number of each run of consecutive slices, ordered; a copy. */
  runs(): [first: number, last: number][] {
    return this.#runs.map(([first, last]) => [first, last]);
  }

  /** The last number of the run that `slice` is in; undefined if it was not received. */
  runFrom(slice: number): number | undefined {
    const run = this.#runs[this.#runBefore(slice)];
    return run !== undefined && run[0] <= slice && slice <= run[1] ? run[1] : undefined;
  }

  /** Adds a slice; false if it was received already. */
  add(slice: number): boolean {
    // Nearly every slice continues the run that grew last.
    if (slice === this.#expected && slice < this.#bound) {
      this.#runs[this.#recent]![1] = slice;
      this.#size += 1;
      this.#expected = slice + 1;
      return true;
    }
    const isNew = this.#insert(slice);
    const run = this.#runs[this.#recent];
    this.#expected = run === undefined ? NaN : run[1] + 1;
    this.#bound = (this.#runs[this.#recent + 1]?.[0] ?? Infinity) - 1;
    return isNew;
  }

  /** Removes slices `first` to `last`; returns how many of them had been added. */
  removeRange(first: number, last: number): number {
    let removed = 0;
    for (let at = Math.max(0, this.#runBefore(first)); at < this.#runs.length; at++) {
      const [from, to] = this.#runs[at]!;
      if (from > last) break;
      if (to < first) continue;
      removed += Math.min(to, last) - Math.max(from, first) + 1;
      const rest: [number, number][] = [];
      if (from < first) rest.push([from, first - 1]);
      if (to > last) rest.push([last + 1, to]);
      this.#runs.splice(at, 1, ...rest);
      at += rest.length - 1;
    }
    this.#size -= removed;
    this.#recent = 0;
    this.#expected = this.#bound = NaN;
    return removed;
  }

  #insert(slice: number): boolean {
    const recent = this.#runs[this.#recent];
    const at = recent !== undefined && recent[1] === slice - 1 ? this.#recent : this.#runBefore(slice);
    const before = this.#runs[at];
    if (before !== undefined && slice <= before[1]) return false;
    this.#size += 1;
    const after = this.#runs[at + 1];
    if (before !== undefined && before[1] === slice - 1) {
      before[1] = slice;
      this.#recent = at;
      if (after?.[0] === slice + 1) {
        before[1] = after[1];
        this.#runs.splice(at + 1, 1);
      }
    } else if (after?.[0] === slice + 1) {
      after[0] = slice;
      this.#recent = at + 1;
    } else {
      this.#runs.splice(at + 1, 0, [slice, slice]);
      this.#recent = at + 1;
    }
    return true;
  }

  /** The index of the last run that starts at or before `slice`; -1 if there is none. */
  #runBefore(slice: number): number {
    let low = -1;
    let high = this.#runs.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.#runs[middle]![0] <= slice) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
