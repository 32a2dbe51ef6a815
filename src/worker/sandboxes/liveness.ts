/**
 * Finds out whether a silent slice is computing: the thread of a sandbox answers a ping at once unless it is busy, and
 * a busy thread uses processor time.
 * @module
 */
import type { CancelTimer, Clock } from '../../lib/clock.js';
import { newId } from '../../lib/crypto/ids.js';
import type { Random } from '../../lib/crypto/random.js';
import type { SupervisorToSandbox } from '../../protocol/messages/sandbox-messages.js';
import type { Sandbox } from '../hosts/port/sandbox-host.js';

/** Minimum share of processor time of a computing thread; on a loaded machine each thread gets only a part. */
const CPU_SHARE_MIN = 0.02;

export interface LivenessOptions {
  clock: Clock;
  random: Random;
  send: (message: SupervisorToSandbox) => void;
  /** The thread did not answer and, where this can be measured, used processor time: it is computing. */
  computing: () => void;
  /** The sandbox answered without being asked; `reason` is a sentence. */
  end: (reason: string) => void;
}

export class Liveness {
  readonly #options: LivenessOptions;
  #ping: { nonce: string; cancel: CancelTimer } | undefined;
  /** Nonces of pings that timed out: their answers may still arrive. */
  readonly #expired = new Set<string>();

  constructor(options: LivenessOptions) {
    this.#options = options;
  }

  /**
   * Pings the thread; `computing` is called if it is busy and does not answer in time. Does nothing while a ping is
   * pending.
   */
  async ping(sandbox: Sandbox, withinMs: number): Promise<void> {
    if (this.#ping !== undefined) return;
    const { clock, random, send } = this.#options;
    const nonce = newId(random);
    const askedMs = clock.monotonicMs();
    const ping = { nonce, cancel: (): void => undefined };
    this.#ping = ping;
    const before = await sandbox.cpuMs?.();
    if (this.#ping !== ping) return;
    ping.cancel = clock.after(withinMs, () => void this.#onTimeout(sandbox, nonce, askedMs, before), {
      background: true,
    });
    send({ type: 'ping', nonce });
  }

  onPong(nonce: string): void {
    if (this.#expired.delete(nonce)) return;
    const ping = this.#ping;
    if (ping?.nonce !== nonce) return this.#options.end('The sandbox answered a ping that was not sent.');
    ping.cancel();
    this.#ping = undefined;
  }

  /** The sandbox has ended. */
  close(): void {
    this.#ping?.cancel();
    this.#ping = undefined;
  }

  async #onTimeout(sandbox: Sandbox, nonce: string, askedMs: number, before?: number): Promise<void> {
    const after = await sandbox.cpuMs?.();
    if (this.#ping?.nonce !== nonce) return;
    this.#ping = undefined;
    this.#expired.add(nonce);
    const isKnown = before !== undefined && after !== undefined;
    const computingMs = (this.#options.clock.monotonicMs() - askedMs) * CPU_SHARE_MIN;
    if (!isKnown || after - before >= computingMs) this.#options.computing();
  }
}
