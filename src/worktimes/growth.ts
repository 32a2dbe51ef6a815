/**
 * Things of the platform that grow while they are used, under the quota: paths, stacks of states, lists. The most that
 * one came to is counted for as long as it lives.
 * @module
 */
import type { Quota } from './quota.js';
import { WeakTable } from './weak-table.js';

/** Counted ahead, so that few steps are. */
const STEP_BYTES = 16_384;
const AHEAD = 16;
const { floor } = Math;

/** Stands for a part of what is held: one object cannot be held twice. */
interface Anchor {
  readonly next: Anchor | undefined;
}

interface Size {
  bytes: number;
  held: number;
  anchor: Anchor | undefined;
}

export class Growth {
  readonly #quota: Quota;
  readonly #sizes = new WeakTable<Size>();

  constructor(quota: Quota) {
    this.#quota = quota;
  }

  /** Bytes that `target` has now. */
  sizeOf(target: unknown): number {
    return this.#sizes.get(target)?.bytes ?? 0;
  }

  /** Throws a RangeError where the quota has no room. What is no object does not grow. */
  grow(target: unknown, bytes: number): void {
    if (typeof target !== 'object' || target === null) return;
    let size = this.#sizes.get(target);
    if (size === undefined) {
      size = { bytes: 0, held: 0, anchor: undefined };
      this.#sizes.set(target, size);
    }
    const grown = size.bytes + bytes;
    if (grown > size.held) {
      const ahead = grown > STEP_BYTES ? STEP_BYTES + floor(grown / AHEAD) : 0;
      const step = grown - size.held + ahead;
      this.#quota.check(step);
      size.anchor = { next: size.anchor };
      this.#quota.hold(size.anchor, step);
      size.held += step;
    }
    size.bytes = grown;
  }

  shrink(target: object, bytes: number): void {
    const size = this.#sizes.get(target);
    if (size !== undefined) size.bytes -= bytes;
  }
}
