/**
 * Packs the work functions of custom worktimes, which define the form of their sources themselves.
 * @module
 */
import { packBytes } from '../packing/pack-bytes.js';
import { dedent, packText } from '../packing/pack-text.js';
import { notJavaScript, type PackedSource, type SourcePacker } from '../packing/source-packer.js';

export const packCustomSource: SourcePacker = (source, context) => {
  switch (source.kind) {
    case 'function':
      throw notJavaScript(context);
    case 'text':
      return packText(dedent(source.text), 'module');
    case 'bytes':
      return packBytes(source.bytes);
    case 'download':
      return packDownload(source.bytes);
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
