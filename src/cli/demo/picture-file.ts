/**
 * The file for the picture. It is checked before the job runs, so that no work is lost.
 * @module
 */
import { access, constants, stat, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ManyhandsError } from '../../entry/texts.node.js';

export interface PictureFile {
  readonly path: string;
  /** @throws INVALID_ARGUMENT if the file cannot be written */
  write(bytes: Uint8Array): Promise<void>;
}

/** @throws INVALID_ARGUMENT if the folder does not exist or is not writable */
export async function pictureFile(out: string): Promise<PictureFile> {
  const path = resolve(out);
  const refuse = (cause: unknown): never => {
    const why = (cause as NodeJS.ErrnoException).code ?? String(cause);
    const text = `The picture cannot be written to ${path} (${why}): choose another file with --out.`;
    throw new ManyhandsError('INVALID_ARGUMENT', text, { argument: 'out' }, { cause });
  };
  const known = await stat(path).catch(() => undefined);
  if (known?.isDirectory()) refuse({ code: 'EISDIR' });
  await access(known === undefined ? dirname(path) : path, constants.W_OK).catch(refuse);
  return { path, write: (bytes) => writeFile(path, bytes).catch(refuse) };
}
