/**
 * Programs that tests start: each is ended by whoever started it, and says what it had to say when it fails.
 * @module
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

function node(script: string, args: string[], env: Record<string, string>): ChildProcess {
  const path = fileURLToPath(new URL(script, import.meta.url));
  return spawn(process.execPath, [path, ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** The first line that the program prints; rejects with its complaints when it ends before. */
function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = '';
    let complaints = '';
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      const end = printed.indexOf('\n');
      if (end >= 0) resolve(printed.slice(0, end));
    });
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (complaints += text));
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(new Error(`It ended with ${String(code)}: ${complaints || printed}`)),
    );
  });
}

export interface SchedulerProcess {
  url: string;
  close(): Promise<void>;
}

/** A scheduler with its data in `dataDir`, on a free port where none is named. */
export async function startSchedulerProcess(
  dataDir: string,
  port = 0,
  /** Other sites whose pages may use it. */
  allowWebOrigins: readonly string[] = [],
): Promise<SchedulerProcess> {
  const child = node('./scheduler-process.mjs', [dataDir, String(port), ...allowWebOrigins], {});
  const { url } = JSON.parse(await firstLine(child)) as { url: string };
  return {
    url,
    close: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** What another program of this owner sees of a job behind a cursor: pairs of slice number and result. */
export async function attachElsewhere(
  scheduler: string,
  jobId: string,
  after: number,
  home: string,
): Promise<[number, unknown][]> {
  const child = node('./attach-process.mjs', [scheduler, jobId, String(after)], { MANYHANDS_HOME: home });
  return JSON.parse(await firstLine(child)) as [number, unknown][];
}
