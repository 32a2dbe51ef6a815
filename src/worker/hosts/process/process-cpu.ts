/**
 * Reads the processor time of another process from the system, to verify what a sandbox claims.
 * @module
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Unit of Linux's process table (USER_HZ), a second, independent of the kernel's own tick rate. */
const TICKS_PER_SECOND = 100;
const ASK_MS_MAX = 5_000;

/** Processor time of the process so far, all threads, milliseconds; undefined where the system does not provide it. */
export async function processCpuMs(pid: number): Promise<number | undefined> {
  if (process.platform === 'linux') return fromProc(pid);
  if (process.platform === 'win32') return undefined;
  return new Promise((resolve) => {
    execFile('ps', ['-o', 'time=', '-p', String(pid)], { timeout: ASK_MS_MAX }, (error, stdout) =>
      resolve(error === null ? cpuMsOfPs(stdout) : undefined),
    );
  });
}

function fromProc(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The program's name in parentheses may contain spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    return Number.isFinite(ticks) ? (ticks * 1_000) / TICKS_PER_SECOND : undefined;
  } catch {
    // The process has ended; its parent is notified.
    return undefined;
  }
}

/** Parses the time that `ps` prints: `[[days-]hours:]minutes:seconds`, with fractions on some systems. */
export function cpuMsOfPs(text: string): number | undefined {
  const found = /^\s*(?:(?:(\d+)-)?(\d+):)?(\d+):(\d+(?:[.,]\d+)?)\s*$/.exec(text);
  if (found === null) return undefined;
  const [, days = '0', hours = '0', minutes, seconds] = found;
  const whole = (Number(days) * 24 + Number(hours)) * 60 + Number(minutes);
  return Math.round((whole * 60 + Number(seconds!.replace(',', '.'))) * 1_000);
}
