/**
 * One sandbox in a frame: the page's end of its port, and the promise that `exit` is called once, however it ends.
 * @module
 */
import type { Clock } from '../../../lib/clock.js';
import { ManyhandsError } from '../../../lib/errors.js';
import type { SupervisorToSandbox } from '../../../protocol/messages/sandbox-messages.js';
import type { BrowserFiles } from './browser-files.js';
import type { FrameLink } from './browser-frame-link.js';
import { MessageRation } from '../port/message-rate.js';
import type { Sandbox, SandboxHandlers } from '../port/sandbox-host.js';

export interface FrameSandboxOptions {
  id: number;
  link: FrameLink;
  handlers: SandboxHandlers;
  files: BrowserFiles;
  clock: Clock;
  /** Called before the supervisor hears that it ended. */
  over: () => void;
}

export class FrameSandbox implements Sandbox {
  readonly id: number;
  readonly #link: FrameLink;
  readonly #handlers: SandboxHandlers;
  readonly #files: BrowserFiles;
  readonly #channel = new MessageChannel();
  readonly #over: () => void;
  readonly #clock: Clock;
  readonly #ration: MessageRation;
  #state: 'starting' | 'running' | 'killed' | 'over' = 'starting';
  #reason = '';

  constructor({ id, link, handlers, files, clock, over }: FrameSandboxOptions) {
    this.id = id;
    this.#link = link;
    this.#handlers = handlers;
    this.#files = files;
    this.#clock = clock;
    this.#ration = new MessageRation(clock.monotonicMs());
    this.#over = over;
  }

  /** Rejects with ISOLATION_UNAVAILABLE when it did not start; `exit` is not called then. */
  async start(): Promise<void> {
    const port = this.#channel.port1;
    port.onmessage = (event: MessageEvent<unknown>) => this.#heard(event.data);
    // What cannot be read is passed on as nothing: the supervisor refuses it like any other malformed message.
    port.onmessageerror = () => this.#heard(undefined);
    try {
      await this.#link.startSandbox(this.id, this.#channel.port2);
    } catch (error) {
      this.ended('It did not start.');
      throw error;
    }
    if (this.#state === 'over') throw new ManyhandsError('ISOLATION_UNAVAILABLE', this.#reason);
    this.#state = 'running';
  }

  send(message: SupervisorToSandbox, transfer: ArrayBuffer[] = []): void {
    if (message.type === 'run') this.#ration.fed();
    const shipped = this.#files.ship(message);
    this.#channel.port1.postMessage(shipped.message, transfer);
    for (const module of shipped.modules) this.#link.giveModule(this.id, module);
  }

  kill(): void {
    if (this.#state === 'killed' || this.#state === 'over') return;
    this.#state = 'killed';
    this.#silence();
    void this.#link.killSandbox(this.id).then(() => this.ended('It was killed.'));
  }

  /** It is gone already, and its Worker with it; `isShared`: not it alone. */
  ended(reason: string, isShared = false): void {
    if (this.#state === 'over') return;
    const wasStarting = this.#state === 'starting';
    this.#state = 'over';
    this.#reason = reason;
    this.#silence();
    this.#channel.port1.close();
    this.#over();
    if (!wasStarting) this.#handlers.exit(reason, isShared);
  }

  #heard(raw: unknown): void {
    const tooMuch = this.#ration.heard(raw, this.#clock.monotonicMs());
    if (tooMuch === undefined) return this.#handlers.message(raw);
    this.ended(tooMuch);
    void this.#link.killSandbox(this.id);
  }

  #silence(): void {
    this.#channel.port1.onmessage = null;
    this.#channel.port1.onmessageerror = null;
  }
}
