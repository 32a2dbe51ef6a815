/**
 * What processes hold of memory, as Linux tells it.
 * @module
 */
import { readdir, readFile } from 'node:fs/promises';

const KIB = 1024;

/** Anonymous and shared memory, in bytes, of the processes for which it holds, and of all that came of them. */
export async function memoryUnder(isRoot: (pid: number, command: string) => boolean): Promise<number> {
  const processes = new Map<number, { parent: number; bytes: number; isRoot: boolean }>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const read = (file: string): Promise<string> => readFile(`/proc/${name}/${file}`, 'utf8').catch(() => '');
    const [status, command] = [await read('status'), await read('cmdline')];
    const field = (key: string): number =>
      Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
    const bytes = (field('RssAnon') + field('RssShmem')) * KIB;
    processes.set(Number(name), { parent: field('PPid'), bytes, isRoot: isRoot(Number(name), command) });
  }
  const belongs = (pid: number): boolean => {
    const process = processes.get(pid);
    return process !== undefined && (process.isRoot || belongs(process.parent));
  };
  return [...processes].reduce((sum, [pid, { bytes }]) => (belongs(pid) ? sum + bytes : sum), 0);
}
