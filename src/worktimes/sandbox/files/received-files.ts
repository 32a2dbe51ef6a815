/**
 * The files of a worktime as the supervisor sent them to a sandbox in a browser: bytes, Blobs and keys of compiled modules.
 * Blobs are read by methods that were captured before job code ran.
 * @module
 */
import { ManyhandsError } from '../../../lib/errors.js';
import type { WorktimeFiles } from '../../../protocol/messages/sandbox-messages.js';
import { apply, methodOf } from '../../realm/captured.js';
import type { RuntimeFiles } from '../../runtime/runtime-env.js';
import { readBytes } from './read-bytes.js';
import type { ReceivedModules } from './received-modules.js';

const createUrl = URL.createObjectURL.bind(URL);
const revokeUrl = URL.revokeObjectURL.bind(URL);
const OwnBlob = Blob;
const sliceBlob = methodOf(OwnBlob.prototype, 'slice');

/** `modules`: those that the frame compiles; absent where it compiles none. */
export function receivedFiles(
  worktime: string,
  assets: WorktimeFiles,
  modules: ReceivedModules | undefined,
): RuntimeFiles {
  const compiled = new Map<string, Promise<WebAssembly.Module>>();
  const find = (name: string): Uint8Array | Blob => {
    const found = Object.hasOwn(assets, name) ? assets[name] : undefined;
    if (found instanceof Uint8Array || found instanceof OwnBlob) return found;
    const text = `The file ${name} of the worktime ${worktime} did not reach the sandbox`;
    throw new ManyhandsError('ASSIGN_FAILED', text, { file: name });
  };
  return {
    has: (name) => Object.hasOwn(assets, name),
    read: async (name) => readBytes(find(name)),
    async importModule(name, onlyFunction) {
      const file = find(name);
      return importText(onlyFunction === undefined ? file : await withEagerParsing(file, onlyFunction));
    },
    compiled(name) {
      const asset = assets[name];
      if (modules === undefined || asset === undefined || !('moduleKey' in asset)) return undefined;
      const module = compiled.get(name) ?? modules.get(asset.moduleKey);
      // The runtime awaits it later; without this, an early rejection would count as unhandled.
      module.catch(() => undefined);
      compiled.set(name, module);
      return module;
    },
  };
}

export async function importText(text: string | Uint8Array | Blob): Promise<Record<string, unknown>> {
  const url = createUrl(new OwnBlob([text as BlobPart], { type: 'text/javascript' }));
  try {
    return (await import(url)) as Record<string, unknown>;
  } finally {
    revokeUrl(url);
  }
}

/**
 * Wraps the module's only function in parentheses, so that engines parse it once; otherwise they pre-parse it and parse
 * it again at the call, which is slow for a megabyte of code. Small files, which are not Blobs, and files of another form
 * stay as they are.
 */
async function withEagerParsing(file: Uint8Array | Blob, name: string): Promise<Uint8Array | Blob> {
  if (!(file instanceof OwnBlob)) return file;
  const exportLine = `export default ${name};\n`;
  const end = apply(sliceBlob, file, [-exportLine.length]) as Blob;
  if (new TextDecoder().decode(await readBytes(end)) !== exportLine) return file;
  const body = apply(sliceBlob, file, [0, -exportLine.length]) as Blob;
  return new OwnBlob([`const ${name} = (`, body, `);${exportLine}`]);
}
