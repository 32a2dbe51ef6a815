/**
 * A ledger of memory that job code holds, where the platform has none: what is given out is counted, what was collected
 * is given back. Garbage is noticed between turns by finalizers, and within one turn by cohorts, so that a long
 * synchronous slice that allocates and forgets is not taken for one that hoards.
 * @module
 */
import { WeakTable } from './weak-table.js';
import { methodOf } from './wrap-native.js';

/** Held bytes share one cohort's fate within a turn; larger pieces have a cohort of their own. */
const COHORT_BYTES = 8 * 1024 * 1024;
/**
 * Tokens that are ready for cohorts of the turn: few for a realm that begins, more in its second turn, before a job's
 * first slice, and then twice as many each time they run low. So many bytes may be made in one turn: the cohorts'
 * harmonic sum, 12 GB, 60 GB, at last 290 GB.
 */
const TOKENS_FIRST = 256;
const TOKENS_SECOND = 1_024;
const TOKENS = 4_096;
/** More than there is: before an engine refuses such a piece it collects what it can. Which size does it differs. */
const NUDGES_BYTES = [2 ** 40, 2 ** 34] as const;
/** What the harness may still take once the limit was met, to say so; its pieces are no larger than this. */
export const RESERVE_BYTES = 64 * 1024 * 1024;
const RESERVE_PIECE_BYTES = 4 * 1024 * 1024;
const SMALL_PIECE_BYTES = 64 * 1024;
/**
 * So often what was counted by `count` is made even with what was drawn, which by chance is some more or less. Seldom,
 * since it tells a little of which ones were drawn; between two such times the sums part by some 30 MB.
 */
const EVEN_BYTES = 2 ** 35;
/** Times that an engine is made to collect for one request. */
const NUDGES_MAX = 4;

/** A cohort's token lives as long as one of its pieces does; the reference was made in an earlier turn. */
interface Token {
  held: object | undefined;
  readonly ref: WeakRef<object>;
}

interface Cohort {
  bytes: number;
  opened: number;
  token: object | undefined;
  readonly ref: WeakRef<object> | undefined;
}

/** What one target holds. */
export interface Piece {
  bytes: number;
  /** Whether it stands for others too, which were counted when they were made: see `Sampler`. */
  readonly isDrawn: boolean;
  readonly cohort: Cohort;
}

/** Reached by its target alone, so that the token dies with it. */
interface Kept {
  readonly token: object | undefined;
  readonly piece: Piece;
  /** Of the same target, held earlier. */
  readonly before: Kept | undefined;
}

const { WeakRef, FinalizationRegistry, ArrayBuffer, RangeError, setTimeout } = globalThis;
const { apply } = Reflect;
const deref = methodOf(WeakRef.prototype, 'deref');
const register = methodOf(FinalizationRegistry.prototype, 'register');

/** Counts up to `limit` bytes; `what` stands at the start of the error's message. `reserve`: see `check`. */
export class Quota {
  readonly limit: number;
  readonly #what: string;
  readonly #reserve: number;
  #used = 0;
  /** Bytes that were counted by `count` and not drawn yet, since they were made even. */
  #ahead = 0;
  #untilEven = EVEN_BYTES;
  /** A linked list: methods of arrays can be tampered with. */
  readonly #cohorts: Record<number, Cohort | undefined> = Object.create(null) as Record<number, Cohort>;
  #firstCohort = 0;
  #endCohort = 0;
  #cohort: Cohort;
  readonly #tokens: Record<number, Token> = Object.create(null) as Record<number, Token>;
  #tokensLeft = 0;
  #tokensWanted = TOKENS_FIRST;
  #refilling = false;
  /** Whether the limit was met, and nothing was given back since. */
  #met = false;
  readonly #keeper = new WeakTable<Kept | undefined>();
  readonly #registry: FinalizationRegistry<Piece>;

  constructor(limit: number, what: string, reserve = 0) {
    this.limit = limit;
    this.#reserve = reserve;
    this.#what = what;
    this.#registry = new FinalizationRegistry((piece) => this.#giveBack(piece));
    this.#refill();
    this.#cohort = this.#openCohort();
    this.#refillSoon();
  }

  /** Bytes that are held, as far as is known. */
  get used(): number {
    return this.#used;
  }

  get left(): number {
    return this.limit - this.#used;
  }

  /**
   * Throws a RangeError where `bytes` more are over the limit even when what was forgotten is collected. After that a
   * little more goes through: the harness shares the realm, and has an outcome to write.
   */
  check(bytes: number): void {
    if (this.#used + bytes <= this.limit) {
      this.#met = false;
      return;
    }
    if (this.#isReserved(bytes)) return;
    if (bytes <= this.limit) this.#collect();
    if (this.#used + bytes <= this.limit) return;
    this.#met = true;
    throw new RangeError(`${this.#what}: ${bytes} bytes more would pass this sandbox's ${this.limit} bytes`);
  }

  /** Half of the reserve is for small pieces at any time: the harness may be the first to meet the limit. */
  #isReserved(bytes: number): boolean {
    const over = this.#used + bytes - this.limit;
    if (this.#met) return bytes <= RESERVE_PIECE_BYTES && over <= this.#reserve;
    return bytes <= SMALL_PIECE_BYTES && over <= this.#reserve / 2;
  }

  /** Counts `bytes` for as long as `target` lives. */
  hold(target: object, bytes: number): Piece {
    this.#used += bytes;
    return this.#keep(target, bytes, false);
  }

  /** Counts `bytes` that are given back when those that are drawn die: see `draw`. */
  count(bytes: number): void {
    this.#used += bytes;
    this.#ahead += bytes;
    if ((this.#untilEven -= bytes) > 0) return;
    this.#used -= this.#ahead;
    this.#ahead = 0;
    this.#untilEven = EVEN_BYTES;
  }

  /** Gives back `bytes`, which were counted before, when `target` dies. Changes nothing that anybody sees until then. */
  draw(target: object, bytes: number): void {
    this.#ahead -= bytes;
    this.#keep(target, bytes, true);
  }

  #keep(target: object, bytes: number, isDrawn: boolean): Piece {
    // As the turn's tokens run out, cohorts grow, so that there is always one left.
    if (this.#cohort.opened + bytes > COHORT_BYTES * (this.#tokensWanted / (this.#tokensLeft + 1))) {
      this.#cohort.token = undefined;
      this.#cohort = this.#openCohort();
    }
    const cohort = this.#cohort;
    cohort.opened += bytes;
    cohort.bytes += bytes;
    const piece = { bytes, cohort, isDrawn };
    this.#attach(target, cohort.token, piece);
    return piece;
  }

  #attach(target: object, token: object | undefined, piece: Piece): void {
    this.#keeper.set(target, { token, piece, before: this.#keeper.get(target) });
    apply(register, this.#registry, [target, piece]);
  }

  /** Gives back what somebody knows that nobody will use again. */
  release(piece: Piece): void {
    this.#giveBack(piece);
    // So that what is handed on again and again takes no new cohort each time.
    if (piece.cohort === this.#cohort) piece.cohort.opened -= piece.bytes;
    piece.bytes = 0;
  }

  /**
   * What `from` holds is held by `to` from here on, in the cohorts where it is. Nothing is drawn anew, and as much is done
   * where nothing was drawn, so that neither a sum nor a clock tells which one was. `less` bytes are given back, as
   * far as they were counted for `from` alone.
   */
  move(from: object, to: object, less: number): void {
    let left = less;
    let wasDrawn = false;
    let kept = this.#keeper.get(from);
    this.#keeper.set(from, undefined);
    for (; kept !== undefined; kept = kept.before) {
      const { piece, token } = kept;
      const { cohort, isDrawn } = piece;
      const cut = isDrawn ? 0 : left < piece.bytes ? left : piece.bytes;
      left -= cut;
      if (cut > 0) this.#giveBack({ bytes: cut, cohort, isDrawn });
      const moved = { bytes: piece.bytes - cut, cohort, isDrawn };
      piece.bytes = 0;
      wasDrawn ||= isDrawn;
      this.#attach(to, token, moved);
    }
    if (!wasDrawn) this.draw(to, 0);
  }

  /** Gives back what `target` held: it was handed on to what is counted for ever. */
  releaseAll(target: object): void {
    for (let kept = this.#keeper.get(target); kept !== undefined; kept = kept.before)
      this.release(kept.piece);
  }

  /** Counts `bytes` until the function that it returns is called: for what is being made. */
  reserve(bytes: number): () => void {
    this.check(bytes);
    const target = { piece: undefined as Piece | undefined };
    target.piece = this.hold(target, bytes);
    return () => {
      if (target.piece !== undefined) this.release(target.piece);
      target.piece = undefined;
    };
  }

  /** Counts `bytes` for ever. */
  spend(bytes: number): void {
    this.check(bytes);
    this.#used += bytes;
  }

  #giveBack({ bytes, cohort }: Piece): void {
    // A cohort that was found dead has given everything back.
    if (cohort.bytes === 0) return;
    cohort.bytes -= bytes;
    this.#used -= bytes;
  }

  #openCohort(): Cohort {
    const token = this.#tokensLeft > 0 ? this.#tokens[--this.#tokensLeft] : undefined;
    if (this.#tokensLeft < this.#tokensWanted / 2) this.#refillSoon();
    const cohort: Cohort = { bytes: 0, opened: 0, token: token?.held, ref: token?.ref };
    if (token !== undefined) token.held = undefined;
    this.#cohorts[this.#endCohort++] = cohort;
    return cohort;
  }

  #refillSoon(): void {
    if (this.#refilling) return;
    this.#refilling = true;
    setTimeout(() => {
      this.#refilling = false;
      if (this.#tokensWanted < TOKENS_SECOND) this.#tokensWanted = TOKENS_SECOND;
      else if (this.#tokensWanted < TOKENS) this.#tokensWanted *= 2;
      this.#refill();
    }, 0);
  }

  /** A reference that was made in this turn keeps its target till the turn's end, so they are made ahead. */
  #refill(): void {
    while (this.#tokensLeft < this.#tokensWanted) {
      const held = { token: true };
      this.#tokens[this.#tokensLeft++] = { held, ref: new WeakRef(held) };
    }
    // Cohorts that gave everything back need not be looked at again.
    while (this.#firstCohort < this.#endCohort - 1 && this.#cohorts[this.#firstCohort]?.bytes === 0) {
      delete this.#cohorts[this.#firstCohort++];
    }
  }

  /**
   * To look at a reference keeps its target for the turn: so cohorts are looked at only once a collection has been
   * seen, by a token that nothing holds.
   */
  #collect(): void {
    const last = this.#tokensLeft - NUDGES_MAX;
    if (last < 0) return this.#refillSoon();
    // All are let go now: one that is found dead tells of a collection that began after this.
    for (let i = last; i < this.#tokensLeft; i++) this.#tokens[i]!.held = undefined;
    while (this.#tokensLeft > last) {
      const { ref } = this.#tokens[--this.#tokensLeft]!;
      nudge();
      if (apply(deref, ref, []) === undefined) {
        this.#tokensLeft = last;
        return this.#sweep();
      }
    }
  }

  #sweep(): void {
    for (let i = this.#firstCohort; i < this.#endCohort; i++) {
      const cohort = this.#cohorts[i];
      if (cohort === undefined || cohort.bytes === 0 || cohort.ref === undefined || cohort === this.#cohort)
        continue;
      if (apply(deref, cohort.ref, []) !== undefined) continue;
      this.#used -= cohort.bytes;
      cohort.bytes = 0;
    }
  }
}

function nudge(): void {
  for (let i = 0; i < NUDGES_BYTES.length; i++) {
    try {
      new ArrayBuffer(NUDGES_BYTES[i]!);
    } catch {
      // That was to be expected.
    }
  }
}
