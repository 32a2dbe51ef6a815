/**
 * WebAssembly that a frame compiles for the Workers in it: each module once, since compiling costs more than all else in
 * a start. It is put under the sandbox's rules before, as a Worker does with what it compiles itself.
 * @module
 */
import type { ModuleMessage } from '../../../../protocol/messages/sandbox-messages.js';
import { compileForSandboxes } from '../../../../worktimes/quota/compile-module.js';

export class FrameModules {
  readonly #modules = new Map<string, Promise<WebAssembly.Module>>();

  /** Begins to compile; a key stands for the same bytes for the life of the frame. */
  compile(key: string, source: Blob): Promise<WebAssembly.Module> {
    const known = this.#modules.get(key);
    if (known !== undefined) return known;
    const module = compile(source);
    this.#modules.set(key, module);
    // Whoever asks for it hears of it; the next one may have more luck.
    module.catch(() => this.#modules.delete(key));
    return module;
  }

  /** Sends the module over the port when it is there. */
  async give(key: string, source: Blob, port: MessagePort): Promise<void> {
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
