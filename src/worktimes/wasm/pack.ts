/**
 * Packs the work functions of `wasm`: WebAssembly modules, which are checked before they are shipped.
 * @module
 */
import { packBytes } from '../packing/pack-bytes.js';
import { notJavaScript, type SourcePacker } from '../packing/source-packer.js';

export const packWasmModule: SourcePacker = async (source, context) => {
  if (source.kind === 'function')
    throw notJavaScript(context, 'Pass the bytes or the URL of a WebAssembly module.');
  const bytes = source.kind === 'text' ? new TextEncoder().encode(source.text) : source.bytes;
  // The size is checked first: checking the content of a large module takes long.
  const packed = packBytes(bytes);
  // The module reader is loaded on demand, because few pages deploy WebAssembly.
  const { planModule } = await import('./plan-module.js');
  planModule(bytes, context.wasm);
  return packed;
};
