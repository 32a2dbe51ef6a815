/**
 * What a sandbox tells about the slice at work besides its outcome: that it began, its progress, its console;
 * each within limits, so that a talkative slice costs its supervisor little.
 * @module
 */
import type { ConsoleLevel } from '../../protocol/messages/messages.js';
import {
  CONSOLE_BYTES_PER_SLICE_MAX,
  CONSOLE_MESSAGES_PER_SECOND_MAX,
  PROGRESS_INTERVAL_MS,
} from '../../protocol/limits.js';
import type { SandboxToSupervisor } from '../../protocol/messages/sandbox-messages.js';
import { FLUSH_MS } from './outcome-writer.js';
import type { SliceVoice } from '../runtime/runtime.js';

/** A silence after which the next slice announces itself: longer than outcomes wait, which are a sign too. */
export const QUIET_MS = FLUSH_MS + 50;
/** Messages that are kept from before the first slice. */
const EARLY_MAX = 20;
/** Messages at once after a silence. */
const CONSOLE_BURST = CONSOLE_MESSAGES_PER_SECOND_MAX;

export class SliceSigns implements SliceVoice {
  /** The slice at work; 0 before the first one. */
  sliceNumber = 0;
  /** Finds the slice at work where several run in one call; whoever sets it takes it away. */
  locate: (() => number) | undefined;
  /** Set by whatever is held back until the slice's end. */
  pending = false;
  readonly #post: (message: SandboxToSupervisor) => void;
  readonly #now: () => number;
  #lastSignMs = -Infinity;
  #progressMs = -Infinity;
  #progressSlice = 0;
  #progressBest = 0;
  #bytesSlice = 0;
  #bytesLeft = CONSOLE_BYTES_PER_SLICE_MAX;
  #lastLevel: ConsoleLevel = 'log';
  #lastText: string | undefined;
  #lastSlice = 0;
  #same = 0;
  #tokens = CONSOLE_BURST;
  #tokensMs = 0;
  #dropped = 0;
  readonly #early: [ConsoleLevel, string][] = [];

  constructor(post: (message: SandboxToSupervisor) => void, now: () => number) {
    this.#post = post;
    this.#now = now;
  }

  /** The first slice of a batch is at work; what was said before any slice is said in its name. */
  startBatch(first: number): void {
    this.sliceNumber = first;
    if (this.#early.length === 0) return;
    for (const [level, text] of this.#early.splice(0)) this.console(level, text);
    this.pending = true;
  }

  /** Something was sent that shows the sandbox to be alive. */
  sign(nowMs: number): void {
    this.#lastSignMs = nowMs;
  }

  /** The slice begins now; announced where `each` is set or the sandbox was silent for a while. */
  begin(sliceNumber: number, each: boolean, nowMs: number): void {
    if (!each && nowMs - this.#lastSignMs <= QUIET_MS) return;
    this.#lastSignMs = nowMs;
    this.#post({ type: 'begin', sliceNumber });
  }

  progress(value?: unknown): true {
    if (this.sliceNumber === 0) return true;
    this.#find();
    const fraction = this.#fraction(value);
    const nowMs = this.#now();
    if (nowMs - this.#progressMs < PROGRESS_INTERVAL_MS) return true;
    this.#flushSame();
    this.#progressMs = nowMs;
    this.#lastSignMs = nowMs;
    const message: SandboxToSupervisor = { type: 'progress', sliceNumber: this.sliceNumber };
    this.#post(fraction === undefined ? message : { ...message, progress: fraction });
    return true;
  }

  console(level: ConsoleLevel, text: string): void {
    if (this.sliceNumber === 0) {
      if (this.#early.length < EARLY_MAX) this.#early.push([level, text]);
      return;
    }
    this.#find();
    if (text === this.#lastText && level === this.#lastLevel && this.sliceNumber === this.#lastSlice) {
      this.#same++;
      this.pending = true;
      return;
    }
    this.#flushSame();
    this.#lastLevel = level;
    this.#lastText = text;
    this.#lastSlice = this.sliceNumber;
    this.#say(level, text);
  }

  /** To be called after a slice that left something pending. */
  endSlice(): void {
    this.pending = false;
    this.#flushSame();
    this.#lastText = undefined;
  }

  /** Where several slices run in one call: ends those that have, in what is told of them. */
  #find(): void {
    const found = this.locate?.();
    if (found === undefined || found === this.sliceNumber) return;
    if (this.pending) this.endSlice();
    this.sliceNumber = found;
  }

  #flushSame(): void {
    if (this.#same === 0 || this.#lastText === undefined) return;
    const same = this.#same;
    this.#same = 0;
    this.#send(this.#lastSlice, this.#lastLevel, this.#lastText, same);
  }

  #say(level: ConsoleLevel, text: string): void {
    if (this.#bytesSlice !== this.sliceNumber) {
      this.#bytesSlice = this.sliceNumber;
      this.#bytesLeft = CONSOLE_BYTES_PER_SLICE_MAX;
    }
    if (this.#bytesLeft < 0) return;
    this.#bytesLeft -= utf8Length(text);
    if (this.#bytesLeft >= 0) return this.#send(this.sliceNumber, level, text);
    const words = `[console output of this slice is over ${CONSOLE_BYTES_PER_SLICE_MAX} bytes; the rest is dropped]`;
    this.#send(this.sliceNumber, 'warn', words);
  }

  #send(sliceNumber: number, level: ConsoleLevel, message: string, same?: number): void {
    const nowMs = this.#now();
    const earned = ((nowMs - this.#tokensMs) * CONSOLE_MESSAGES_PER_SECOND_MAX) / 1_000;
    this.#tokens = Math.min(CONSOLE_BURST, this.#tokens + earned);
    this.#tokensMs = nowMs;
    if (this.#tokens < 1) {
      this.#dropped++;
      return;
    }
    if (this.#dropped > 0) {
      const words = `[${this.#dropped} console messages were dropped: over ${CONSOLE_MESSAGES_PER_SECOND_MAX} a second]`;
      this.#dropped = 0;
      this.#post({ type: 'console', sliceNumber, level: 'warn', message: words });
    }
    this.#tokens -= 1;
    this.#lastSignMs = nowMs;
    const out: SandboxToSupervisor = { type: 'console', sliceNumber, level, message };
    this.#post(same === undefined ? out : { ...out, same });
  }

  /** In range and not behind what was said before in this slice; else undefined. */
  #fraction(value: unknown): number | undefined {
    if (this.#progressSlice !== this.sliceNumber) {
      this.#progressSlice = this.sliceNumber;
      this.#progressBest = 0;
    }
    const fraction = typeof value === 'number' ? value : typeof value === 'string' ? percent(value) : NaN;
    if (!(fraction >= this.#progressBest && fraction <= 1)) return undefined;
    this.#progressBest = fraction;
    return fraction;
  }
}

function percent(text: string): number {
  const found = /^\s*(\d{1,3}(?:\.\d{1,9})?)\s*%\s*$/.exec(text);
  return found === null ? NaN : Number(found[1]) / 100;
}

function utf8Length(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) bytes += 1;
    else if (unit < 0x800) bytes += 2;
    // Each half of a surrogate pair counts two of its four bytes.
    else bytes += unit >= 0xd800 && unit < 0xe000 ? 2 : 3;
  }
  return bytes;
}
