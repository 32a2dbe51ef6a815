/**
 * The processor time that another process has taken, as this system counts it: what a sandbox says of itself can be
 * checked against it.
 * @module
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Ticks of Linux's process table in a second, whatever the kernel's own are. */
const TICKS_PER_SECOND = 100;
const ASK_MS_MAX = 5_000;

/** Milliseconds of processor time of that process so far, all its threads; undefined where this system does not tell. */
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
    // The name of the program, in brackets, may have spaces and brackets of its own.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    return Number.isFinite(ticks) ? (ticks * 1_000) / TICKS_PER_SECOND : undefined;
  } catch {
    // It is gone; whoever started it will hear of that.
    return undefined;
  }
}

/** What `ps` prints as a time: `[[days-]hours:]minutes:seconds`, with hundredths on some systems. */
export function cpuMsOfPs(text: string): number | undefined {
  const found = /^\s*(?:(?:(\d+)-)?(\d+):)?(\d+):(\d+(?:[.,]\d+)?)\s*$/.exec(text);
  if (found === null) return undefined;
  const [, days = '0', hours = '0', minutes, seconds] = found;
  const whole = (Number(days) * 24 + Number(hours)) * 60 + Number(minutes);
  return Math.round((whole * 60 + Number(seconds!.replace(',', '.'))) * 1_000);
}
