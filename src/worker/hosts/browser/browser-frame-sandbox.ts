/**
 * One sandbox in a frame: the page's end of its port. Guarantees that `exit` is called once, however the sandbox ends.
 * @module
 */
import type { Clock } from '../../../lib/clock.js';
import { ManyhandsError } from '../../../lib/errors.js';
import type { SupervisorToSandbox } from '../../../protocol/messages/sandbox-messages.js';
import type { BrowserFiles } from './browser-files.js';
import type { FrameChannel } from './browser-frame-channel.js';
import { MessageRateLimit } from '../port/message-rate.js';
import type { Sandbox, SandboxHandlers } from '../port/sandbox-host.js';

export interface FrameSandboxOptions {
  id: number;
  frameChannel: FrameChannel;
  handlers: SandboxHandlers;
  files: BrowserFiles;
  clock: Clock;
  /** Called before the supervisor's `exit` handler. */
  over: () => void;
}

export class FrameSandbox implements Sandbox {
  readonly id: number;
  /** Whether code of a job may have run in it: not while it has only a started runtime. */
  mayRunJob = true;
  readonly #frameChannel: FrameChannel;
  readonly #handlers: SandboxHandlers;
  readonly #files: BrowserFiles;
  readonly #channel = new MessageChannel();
  readonly #over: () => void;
  readonly #clock: Clock;
  readonly #rateLimit: MessageRateLimit;
  #state: 'starting' | 'running' | 'killed' | 'over' = 'starting';
  #reason = '';

  constructor({ id, frameChannel, handlers, files, clock, over }: FrameSandboxOptions) {
    this.id = id;
    this.#frameChannel = frameChannel;
    this.#handlers = handlers;
    this.#files = files;
    this.#clock = clock;
    this.#rateLimit = new MessageRateLimit(clock.monotonicMs());
    this.#over = over;
  }

  /** @throws ISOLATION_UNAVAILABLE if it did not start; `exit` is not called then */
  async start(): Promise<void> {
    const port = this.#channel.port1;
    port.onmessage = (event: MessageEvent<unknown>) => this.#onMessage(event.data);
    // An unreadable message is passed on as undefined: the supervisor refuses it like any other malformed message.
    port.onmessageerror = () => this.#onMessage(undefined);
    try {
      await this.#frameChannel.startSandbox(this.id, this.#channel.port2);
    } catch (error) {
      this.onEnd('It did not start.');
      throw error;
    }
    if (this.#state === 'over') throw new ManyhandsError('ISOLATION_UNAVAILABLE', this.#reason);
    this.#state = 'running';
  }

  send(message: SupervisorToSandbox, transfer: ArrayBuffer[] = []): void {
    if (message.type === 'run') this.#rateLimit.batchSent();
    if (message.type === 'warm' || message.type === 'assign') this.mayRunJob = message.type === 'assign';
    const shipped = this.#files.ship(message);
    this.#channel.port1.postMessage(shipped.message, transfer);
    for (const module of shipped.modules) this.#frameChannel.giveModule(this.id, module);
  }

  kill(): void {
    if (this.#state === 'killed' || this.#state === 'over') return;
    this.#state = 'killed';
    this.#detach();
    void this.#frameChannel.killSandbox(this.id).then(() => this.onEnd('It was killed.'));
  }

  /** The sandbox and its Worker have ended; `isShared`: together with others. */
  onEnd(reason: string, isShared = false): void {
    if (this.#state === 'over') return;
    const wasStarting = this.#state === 'starting';
    this.#state = 'over';
    this.#reason = reason;
    this.#detach();
    this.#channel.port1.close();
    this.#over();
    if (!wasStarting) this.#handlers.exit(reason, isShared);
  }

  #onMessage(raw: unknown): void {
    const excess = this.#rateLimit.check(raw, this.#clock.monotonicMs());
    if (excess === undefined) return this.#handlers.message(raw);
    this.onEnd(excess);
    void this.#frameChannel.killSandbox(this.id);
  }

  #detach(): void {
    this.#channel.port1.onmessage = null;
    this.#channel.port1.onmessageerror = null;
  }
}
