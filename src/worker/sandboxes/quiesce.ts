/**
 * A sandbox without work must run nothing: it is asked to say so, each time by a nonce that job code does not know, and
 * it is looked at from outside where its process is its own. One that cannot say so, or computes all the same, ends.
 * @module
 */
import type { CancelTimer, Clock } from '../../lib/clock.js';
import { newId } from '../../lib/crypto/ids.js';
import type { Random } from '../../lib/crypto/random.js';
import type { SupervisorToSandbox } from '../../protocol/messages/sandbox-messages.js';
import type { Sandbox } from '../hosts/port/sandbox-host.js';

/** How long a sandbox without work may take to answer that it rests, and how often one that could run on is asked. */
export const REST_MS_MAX = 3_000;
const LOOK_EVERY_MS = 1_000;
/** The processor time of a process is looked at after this, and then ever more seldom, milliseconds. */
const CPU_LOOK_MS = 1_000;
const CPU_LOOK_MS_MAX = 30_000;
/** What an engine may take for its own affairs between two looks: so much, and such a part of the time. */
const CPU_MS_FREE = 200;
const CPU_SHARE_FREE = 0.05;
/** Looks in a row that find more before the sandbox is ended. */
const CPU_LOOKS_MAX = 2;

export interface QuiesceOptions {
  clock: Clock;
  random: Random;
  send: (message: SupervisorToSandbox) => void;
  /** Ends the sandbox; `reason` is a sentence for people. */
  end: (reason: string) => void;
}

export class Quiesce {
  readonly #options: QuiesceOptions;
  #sandbox: Sandbox | undefined;
  #isOn = false;
  /** Questions that have no answer yet, in their order. */
  #asked: string[] = [];
  #cancel: CancelTimer | undefined;
  /** Raised by each beginning and end: what an earlier one found out does not count. */
  #epoch = 0;

  constructor(options: QuiesceOptions) {
    this.#options = options;
  }

  /** It has nothing to do: nothing may run in it from now on. */
  begin(sandbox: Sandbox): void {
    if (this.#isOn) return;
    this.#isOn = true;
    this.#epoch += 1;
    this.#sandbox = sandbox;
    this.#ask();
  }

  /** It gets something to do, or is gone. */
  end(): void {
    this.#isOn = false;
    this.#epoch += 1;
    this.#cancel?.();
  }

  /** It said that it rests. */
  answered(nonce: string): void {
    if (this.#asked.shift() !== nonce) return this.#options.end('The sandbox answered what nobody asked.');
    if (this.#asked.length > 0 || !this.#isOn) return;
    this.#cancel?.();
    if (this.#sandbox?.sleeps === true) return this.#watchCpu(CPU_LOOK_MS, undefined, 0);
    this.#cancel = this.#options.clock.after(LOOK_EVERY_MS, () => this.#ask(), { background: true });
  }

  #ask(): void {
    const { clock, random, send, end } = this.#options;
    const busy = (): void => end('Code that its slices left behind kept the sandbox busy.');
    const limit = (fn: () => void): void => {
      this.#cancel = clock.after(REST_MS_MAX, fn, { background: true });
    };
    const askedMs = clock.monotonicMs();
    const nonce = newId(random);
    this.#asked.push(nonce);
    // A timer that comes much too late tells of a machine that was asleep: the answer may be waiting behind it.
    limit(() => (clock.monotonicMs() - askedMs < REST_MS_MAX * 2 ? busy() : limit(busy)));
    send({ type: 'quiesce', nonce });
  }

  /** Its word is not all that there is: a process that rests takes no processor time. */
  #watchCpu(everyMs: number, before: { cpuMs: number; atMs: number } | undefined, looks: number): void {
    const { clock, end } = this.#options;
    const epoch = this.#epoch;
    const asked = this.#sandbox?.cpuMs?.();
    void asked?.then((cpuMs) => {
      if (cpuMs === undefined || epoch !== this.#epoch) return;
      const atMs = clock.monotonicMs();
      const freeMs = before === undefined ? Infinity : CPU_MS_FREE + (atMs - before.atMs) * CPU_SHARE_FREE;
      const isBusy = before !== undefined && cpuMs - before.cpuMs > freeMs;
      if (isBusy && looks + 1 >= CPU_LOOKS_MAX)
        return end('Code that its slices left behind computed while the sandbox said that it rests.');
      const nextMs = isBusy || before === undefined ? CPU_LOOK_MS : Math.min(CPU_LOOK_MS_MAX, everyMs * 2);
      const again = (): void => this.#watchCpu(nextMs, { cpuMs, atMs }, isBusy ? looks + 1 : 0);
      this.#cancel = clock.after(nextMs, again, { background: true });
    });
  }
}
