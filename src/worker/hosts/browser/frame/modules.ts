/**
 * Compiles WebAssembly modules for the Workers of a frame, each only once, since compilation is the largest part of a
 * start. The sandbox's limits are applied to the binary before, as in a Worker that compiles itself.
 * @module
 */
import type { ModuleMessage } from '../../../../protocol/messages/sandbox-messages.js';
import { compileForSandboxes } from '../../../../worktimes/quota/compile-module.js';

export class FrameModules {
  readonly #modules = new Map<string, Promise<WebAssembly.Module>>();

  /** Starts to compile; a key stands for the same bytes for the life of the frame. */
  compile(key: string, source: Blob): Promise<WebAssembly.Module> {
    const known = this.#modules.get(key);
    if (known !== undefined) return known;
    const module = compile(source);
    this.#modules.set(key, module);
    // The error is reported to whoever awaits the module; the next request compiles again.
    module.catch(() => this.#modules.delete(key));
    return module;
  }

  /** Sends the module over the port when it is compiled. */
  async send(key: string, source: Blob, port: MessagePort): Promise<void> {
    let message: ModuleMessage;
    try {
      message = { key, module: await this.compile(key, source) };
    } catch (error) {
      message = { key, problem: String(error) };
    }
    port.postMessage(message);
  }
}

async function compile(source: Blob): Promise<WebAssembly.Module> {
  return compileForSandboxes(new Uint8Array(await source.arrayBuffer()));
}
