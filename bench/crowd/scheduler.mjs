/** The scheduler of the command line as a separate process, and its figures in /proc. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
/** Milliseconds of one tick of /proc's clock. */
const TICK_MS = 10;

/** `nodeArgs` are for Node, such as `--cpu-prof`. */
export async function startScheduler(dataDir, nodeArgs = []) {
  const args = [...nodeArgs, CLI, 'scheduler', '--port', '0', '--data-dir', dataDir, '--json'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const trouble = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (!line.includes('"info"')) trouble.push(line);
  });
  const [first] = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    once(child, 'exit').then(() => {
      throw new Error(`the scheduler ended: ${trouble.join('\n')}`);
    }),
  ]);
  const proc = (file) => readFileSync(`/proc/${child.pid}/${file}`, 'utf8');
  return {
    ...JSON.parse(first),
    /** Lines of its log above the level `info`. */
    trouble,
    /** CPU time of all its threads so far, milliseconds. */
    cpuMs() {
      const fields = proc('stat').split(') ')[1].split(' ');
      return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
    },
    residentMiB: () => Number(/VmRSS:\s+(\d+)/.exec(proc('status'))[1]) / 1024,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    },
  };
}
