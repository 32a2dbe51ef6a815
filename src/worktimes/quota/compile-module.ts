/**
 * Compiles modules outside of sandboxes in the way a sandbox would, so that one compiled module can be sent to many.
 * @module
 */
import { SANDBOX_WASM_MEMORY_BYTES_MAX } from '../../protocol/limits.js';
import { rewriteModule, WASM_PAGE_BYTES } from './rewrite-module.js';

/** The memories of the module stay under the limit in every sandbox. @throws CompileError or ModuleRefused */
export async function compileForSandboxes(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
  const pagesMax = SANDBOX_WASM_MEMORY_BYTES_MAX / WASM_PAGE_BYTES;
  return WebAssembly.compile(rewriteModule({ bytes, length: bytes.length }, pagesMax).bytes);
}
