/**
 * Compiles modules outside of sandboxes in the way a sandbox would, so that one compiled module can be sent to many.
 * @module
 */
import { rewriteModule } from './rewrite-module.js';

/** The memories of the module stay under the cap in every sandbox. Rejects with CompileError or ModuleRefused. */
export async function compileForSandboxes(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
  const rewritten = rewriteModule({ bytes, length: bytes.length });
  return WebAssembly.compile(
    new Uint8Array(rewritten.bytes.buffer, rewritten.bytes.byteOffset, rewritten.length),
  );
}
