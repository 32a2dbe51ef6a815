/**
 * Reports on the running slice besides its outcome: that it began (a heartbeat), its progress, its console output. Each
 * is rate limited, so that a slice with much output costs its supervisor little.
 * @module
 */
import { SliceControls, type SliceState } from './slice-controls.js';
import type { ConsoleLevel } from '../../protocol/messages/messages.js';
import {
  CONSOLE_BYTES_PER_SLICE_MAX,
  CONSOLE_MESSAGES_PER_SECOND_MAX,
  PROGRESS_INTERVAL_MS,
} from '../../protocol/limits.js';
import type { SandboxToSupervisor } from '../../protocol/messages/sandbox-messages.js';
import { FLUSH_MS } from './outcome-writer.js';
import type { SliceOutput } from '../runtime/runtime.js';

/**
 * Milliseconds without a heartbeat after which the start of the next slice is reported. Longer than outcomes are held
 * back, since each sending of outcomes is a heartbeat too.
 */
export const HEARTBEAT_SILENCE_MS = FLUSH_MS + 50;
/** Console messages kept from before the first slice. */
const EARLY_MESSAGES_MAX = 20;
/** Console messages that may be sent at once after a pause. */
const CONSOLE_BURST = CONSOLE_MESSAGES_PER_SECOND_MAX;

export class SliceReporter implements SliceOutput {
  /** The running slice; 0 before the first one. */
  sliceNumber = 0;
  /** Returns the running slice while several run in one call; whoever sets it resets it afterwards. */
  locateSlice: (() => number) | undefined;
  /** Whether something is held back until the end of the slice. */
  hasPending = false;
  readonly #post: (message: SandboxToSupervisor) => void;
  readonly #now: () => number;
  #lastHeartbeatMs = -Infinity;
  #progressMs = -Infinity;
  #progressSlice = 0;
  #progressBest = 0;
  #bytesSlice = 0;
  #bytesLeft = CONSOLE_BYTES_PER_SLICE_MAX;
  #lastLevel: ConsoleLevel = 'log';
  #lastText: string | undefined;
  #lastSlice = 0;
  #repeats = 0;
  #tokens = CONSOLE_BURST;
  #tokensMs = 0;
  #dropped = 0;
  readonly #early: [ConsoleLevel, string][] = [];

  /** What the work function does besides its output. */
  readonly controls: SliceControls;

  constructor(post: (message: SandboxToSupervisor) => void, now: () => number) {
    this.#post = post;
    this.#now = now;
    this.controls = new SliceControls(post, now);
  }

  emit(name: unknown, value?: unknown): boolean {
    this.#updateSlice();
    this.#lastHeartbeatMs = this.#now();
    return this.controls.emit(this.sliceNumber, name, value);
  }

  reject(reason?: unknown, retries?: unknown): never {
    this.#updateSlice();
    return this.controls.reject(this.sliceNumber, reason, retries);
  }

  checkpoint(state: unknown): Promise<boolean> {
    this.#updateSlice();
    const saved = this.controls.checkpoint(this.sliceNumber, state);
    if (this.controls.isSaving) this.hasPending = true;
    return saved;
  }

  get state(): unknown {
    this.#updateSlice();
    return this.controls.state(this.sliceNumber);
  }

  /** Starts a batch; console messages from before the first slice are attributed to its first slice. */
  startBatch(first: number, checkpoint?: SliceState): void {
    this.sliceNumber = first;
    this.controls.restore(checkpoint);
    if (this.#early.length === 0) return;
    for (const [level, text] of this.#early.splice(0)) this.console(level, text);
    this.hasPending = true;
  }

  /** Records that a message was sent, which shows that the sandbox is alive. */
  heartbeat(nowMs: number): void {
    this.#lastHeartbeatMs = nowMs;
  }

  /** Reports that a slice begins, if `reportEach` is set or the last heartbeat is too long ago. */
  beginSlice(sliceNumber: number, reportEach: boolean, nowMs: number): void {
    if (!reportEach && nowMs - this.#lastHeartbeatMs <= HEARTBEAT_SILENCE_MS) return;
    this.#lastHeartbeatMs = nowMs;
    this.#post({ type: 'begin', sliceNumber });
  }

  progress(value?: unknown): true {
    if (this.sliceNumber === 0) return true;
    this.#updateSlice();
    const fraction = this.#fraction(value);
    const nowMs = this.#now();
    if (nowMs - this.#progressMs < PROGRESS_INTERVAL_MS) return true;
    this.#flushRepeats();
    this.#progressMs = nowMs;
    this.#lastHeartbeatMs = nowMs;
    const message: SandboxToSupervisor = { type: 'progress', sliceNumber: this.sliceNumber };
    this.#post(fraction === undefined ? message : { ...message, progress: fraction });
    return true;
  }

  console(level: ConsoleLevel, text: string): void {
    if (this.sliceNumber === 0) {
      if (this.#early.length < EARLY_MESSAGES_MAX) this.#early.push([level, text]);
      return;
    }
    this.#updateSlice();
    if (text === this.#lastText && level === this.#lastLevel && this.sliceNumber === this.#lastSlice) {
      this.#repeats++;
      this.hasPending = true;
      return;
    }
    this.#flushRepeats();
    this.#lastLevel = level;
    this.#lastText = text;
    this.#lastSlice = this.sliceNumber;
    // The slice may run again in this sandbox: its next attempt repeats nothing of this one.
    this.hasPending = true;
    this.#sendWithinBytes(level, text);
  }

  /** Reports that the work function gave the slice back. */
  rejected(batch: number, sliceNumber: number, reason: string): void {
    this.#post({ type: 'rejected', batch, sliceNumber, reason });
  }

  /** Called after a slice that set `hasPending`. */
  endSlice(): void {
    this.hasPending = false;
    this.controls.forget();
    this.#flushRepeats();
    this.#lastText = undefined;
  }

  /** While several slices run in one call: finds the running one, and ends the reports of the one before it. */
  #updateSlice(): void {
    const found = this.locateSlice?.();
    if (found === undefined || found === this.sliceNumber) return;
    if (this.hasPending) this.endSlice();
    this.sliceNumber = found;
  }

  #flushRepeats(): void {
    if (this.#repeats === 0 || this.#lastText === undefined) return;
    const repeats = this.#repeats;
    this.#repeats = 0;
    this.#send(this.#lastSlice, this.#lastLevel, this.#lastText, repeats);
  }

  #sendWithinBytes(level: ConsoleLevel, text: string): void {
    if (this.#bytesSlice !== this.sliceNumber) {
      this.#bytesSlice = this.sliceNumber;
      this.#bytesLeft = CONSOLE_BYTES_PER_SLICE_MAX;
    }
    if (this.#bytesLeft < 0) return;
    this.#bytesLeft -= utf8Length(text);
    if (this.#bytesLeft >= 0) return this.#send(this.sliceNumber, level, text);
    const notice = `[console output of this slice is over ${CONSOLE_BYTES_PER_SLICE_MAX} bytes; the rest is dropped]`;
    this.#send(this.sliceNumber, 'warn', notice);
  }

  #send(sliceNumber: number, level: ConsoleLevel, message: string, repeats?: number): void {
    const nowMs = this.#now();
    const earned = ((nowMs - this.#tokensMs) * CONSOLE_MESSAGES_PER_SECOND_MAX) / 1_000;
    this.#tokens = Math.min(CONSOLE_BURST, this.#tokens + earned);
    this.#tokensMs = nowMs;
    if (this.#tokens < 1) {
      this.#dropped++;
      return;
    }
    if (this.#dropped > 0) {
      const notice = `[${this.#dropped} console messages were dropped: over ${CONSOLE_MESSAGES_PER_SECOND_MAX} a second]`;
      this.#dropped = 0;
      this.#post({ type: 'console', sliceNumber, level: 'warn', message: notice });
    }
    this.#tokens -= 1;
    this.#lastHeartbeatMs = nowMs;
    const out: SandboxToSupervisor = { type: 'console', sliceNumber, level, message };
    this.#post(repeats === undefined ? out : { ...out, same: repeats });
  }

  /** The progress as a fraction; undefined where it is out of range or below what this slice reported before. */
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
    // Each half of a surrogate pair counts as two of its four bytes.
    else bytes += unit >= 0xd800 && unit < 0xe000 ? 2 : 3;
  }
  return bytes;
}
