/** One build at a time: two at once would tear each other's files. */
import { randomUUID } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Runs `fn` while holding the lock file; waits for a holder that lives, takes over from one that died. */
export async function withLock(path, fn) {
  while (!(await take(path))) {
    if (!(await holderLives(path))) await rm(path, { force: true });
    else await sleep(100);
  }
  try {
    return await fn();
  } finally {
    await rm(path, { force: true });
  }
}

/** The file appears with its number in it, or not at all. */
async function take(path) {
  const mine = `${path}.${process.pid}.${randomUUID()}`;
  await writeFile(mine, String(process.pid));
  try {
    await link(mine, path);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(mine, { force: true });
  }
}

async function holderLives(path) {
  const pid = Number(await readFile(path, 'utf8').catch(() => '0'));
  // Gone in between: there is nobody to take over from, only another try.
  if (pid === 0) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
