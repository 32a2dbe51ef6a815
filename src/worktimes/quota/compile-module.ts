/**
 * Compiles modules outside of a sandbox, as a sandbox itself would: what is compiled once is given to many.
 * @module
 */
import { rewriteModule } from './rewrite-module.js';

/** Its memories stay under the cap in whatever sandbox it is instantiated. Rejects with what is wrong with it. */
export async function compileForSandboxes(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
  const rewritten = rewriteModule({ bytes, length: bytes.length });
  return WebAssembly.compile(
    new Uint8Array(rewritten.bytes.buffer, rewritten.bytes.byteOffset, rewritten.length),
  );
}
