/**
 * Packs the work functions of custom worktimes, which define the form of their sources themselves.
 * @module
 */
import { packBytes } from '../packing/pack-bytes.js';
import { packText, packTextSource } from '../packing/pack-text.js';
import type { PackedSource, SourcePacker } from '../packing/source-packer.js';

export const packCustomSource: SourcePacker = (source, context) => {
  switch (source.kind) {
    case 'bytes':
      return packBytes(source.bytes);
    case 'download':
      return packDownload(source.bytes);
    default:
      return packTextSource(source, context);
  }
};

/** As text if it is valid UTF-8, else as bytes. */
function packDownload(bytes: Uint8Array): PackedSource {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return packBytes(bytes);
  }
  return packText(text, 'module');
}
