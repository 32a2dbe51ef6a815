/**
 * Runs a program to its end.
 * @module
 */
import { execFile } from 'node:child_process';

export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;
const RUN_MS_MAX = 150_000;

/** Resolves with exit code and output; rejects if the program did not start or was killed. */
export function tryRun(program: string, args: string[], cwd: string): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const options = { cwd, maxBuffer: OUTPUT_BYTES_MAX, timeout: RUN_MS_MAX };
    execFile(program, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === 'number') resolve({ code, stdout, stderr });
      else reject(new Error(`${program} ${args.join(' ')} did not end by itself`, { cause: error }));
    });
  });
}

/** Resolves with the output; rejects with it if the exit code is not 0. */
export async function run(program: string, args: string[], cwd: string): Promise<Ended> {
  const ended = await tryRun(program, args, cwd);
  if (ended.code === 0) return ended;
  throw new Error(`${program} ${args.join(' ')} ended with ${ended.code}:\n${ended.stdout}\n${ended.stderr}`);
}
