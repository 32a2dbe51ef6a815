/**
 * Runs one program in a process group of its own, keeps a bounded piece of what it prints, and takes the whole group
 * down when its time is up, so that no server or browser outlives a step.
 * @module
 */
import { spawn } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { OutputBuffer } from './output-buffer.mjs';

/** From asking a group to end to killing it, milliseconds. */
const KILL_AFTER_MS = 5_000;

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/**
 * @param {string} program
 * @param {string[]} args
 * @param {{ env?: Record<string, string>, timeoutMs: number }} options
 * @returns {Promise<{ ok: boolean, output: string }>} `ok` where it exited with 0 in time
 */
export function runProcess(program, args, { env = {}, timeoutMs }) {
  return new Promise((resolve) => {
    const output = new OutputBuffer();
    const child = spawn(program, args, {
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    running.add(child);
    child.stdout.on('data', (bytes) => output.append(bytes));
    child.stderr.on('data', (bytes) => output.append(bytes));
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      signalGroup(child, 'SIGTERM');
      setTimeout(() => signalGroup(child, 'SIGKILL'), KILL_AFTER_MS).unref();
    }, timeoutMs);
    const settle = (ok, note) => {
      clearTimeout(timer);
      running.delete(child);
      if (note !== undefined) output.append(Buffer.from(`\n${note}\n`));
      resolve({ ok, output: output.text() });
    };
    child.once('error', (error) => settle(false, `${program} did not start: ${error.message}`));
    child.once('exit', () => {
      // What it left behind in its group would hold the pipes open.
      signalGroup(child, 'SIGTERM');
    });
    child.once('close', (code, signal) => {
      if (timedOut) return settle(false, `Stopped: it took longer than ${Math.round(timeoutMs / 1000)} s.`);
      settle(code === 0, code === 0 ? undefined : `Ended with ${signal ?? `exit code ${code}`}.`);
    });
  });
}

/**
 * Runs a JavaScript program of an installed package with this very Node.
 * @param {string} bin its name in `node_modules/.bin`
 * @param {string[]} args
 * @param {{ env?: Record<string, string>, timeoutMs: number }} options
 */
export function runBin(bin, args, options) {
  return runProcess(process.execPath, [realpathSync(`node_modules/.bin/${bin}`), ...args], options);
}

/** Ends all that still runs. */
export function stopProcesses() {
  for (const child of running) signalGroup(child, 'SIGTERM');
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {NodeJS.Signals} signal
 */
function signalGroup(child, signal) {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is gone already.
  }
}
