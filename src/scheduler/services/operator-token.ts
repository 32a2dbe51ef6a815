/**
 * The operator's token: created once, written atomically, readable only by the data folder's owner.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toHex } from '../../lib/crypto/ids.js';
import type { Random } from '../../lib/crypto/random.js';
import { replaceFile } from '../../lib/storage/storage-atomic.js';

const TOKEN_FILE = 'operator.token';
const TOKEN_PATTERN = /^[0-9a-f]{64}$/;

/** Reads the folder's token (64 hexadecimal digits); creates a new one when it is missing or incomplete. */
export async function readOperatorToken(dataDir: string, random: Random): Promise<string> {
  const file = join(dataDir, TOKEN_FILE);
  const known = await readText(file);
  if (known !== undefined && TOKEN_PATTERN.test(known)) return known;
  const token = toHex(random.bytes(32));
  await replaceFile(file, `${token}\n`, 0o600, random);
  return token;
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
