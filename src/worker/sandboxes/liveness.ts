/**
 * Whether a slice that has given no sign for long is computing: the thread of a sandbox answers at once unless it is at
 * work, and one that is at work takes processor time.
 * @module
 */
import type { CancelTimer, Clock } from '../../lib/clock.js';
import { newId } from '../../lib/crypto/ids.js';
import type { Random } from '../../lib/crypto/random.js';
import type { SupervisorToSandbox } from '../../protocol/messages/sandbox-messages.js';
import type { Sandbox } from '../hosts/port/sandbox-host.js';

/** Processor time that tells of work, as a part of the time that went by; a busy machine gives each its share only. */
const CPU_SHARE_MIN = 0.02;

export interface LivenessOptions {
  clock: Clock;
  random: Random;
  send: (message: SupervisorToSandbox) => void;
  /** It does not answer, and takes processor time where that can be seen: it computes. */
  computes: () => void;
  /** It answered what nobody asked; `reason` is a sentence for people. */
  end: (reason: string) => void;
}

export class Liveness {
  readonly #options: LivenessOptions;
  #question: { nonce: string; cancel: CancelTimer } | undefined;
  /** Asked before, and given up: their answers may still come. */
  readonly #late = new Set<string>();

  constructor(options: LivenessOptions) {
    this.#options = options;
  }

  /**
   * Asks the thread; `computes` follows where it is at work and gives no answer in time. Nothing is asked while a
   * question is open.
   */
  async ask(sandbox: Sandbox, withinMs: number): Promise<void> {
    if (this.#question !== undefined) return;
    const { clock, random, send } = this.#options;
    const nonce = newId(random);
    const askedMs = clock.monotonicMs();
    const question = { nonce, cancel: (): void => undefined };
    this.#question = question;
    const before = await sandbox.cpuMs?.();
    if (this.#question !== question) return;
    question.cancel = clock.after(withinMs, () => void this.#unanswered(sandbox, nonce, askedMs, before), {
      background: true,
    });
    send({ type: 'ping', nonce });
  }

  answered(nonce: string): void {
    if (this.#late.delete(nonce)) return;
    const question = this.#question;
    if (question?.nonce !== nonce) return this.#options.end('The sandbox answered what nobody asked.');
    question.cancel();
    this.#question = undefined;
  }

  /** The sandbox is gone. */
  close(): void {
    this.#question?.cancel();
    this.#question = undefined;
  }

  async #unanswered(sandbox: Sandbox, nonce: string, askedMs: number, before?: number): Promise<void> {
    const after = await sandbox.cpuMs?.();
    if (this.#question?.nonce !== nonce) return;
    this.#question = undefined;
    this.#late.add(nonce);
    const isSeen = before !== undefined && after !== undefined;
    const leastMs = (this.#options.clock.monotonicMs() - askedMs) * CPU_SHARE_MIN;
    if (!isSeen || after - before >= leastMs) this.#options.computes();
  }
}
