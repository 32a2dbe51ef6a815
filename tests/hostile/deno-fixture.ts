/**
 * The target of the attacks on Deno, which records everything that reaches it; and a Deno without restrictions.
 * @module
 */
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findDeno } from '../../src/worker/hosts/deno/deno-find.js';
import type { Aim, Attack } from './deno-attacks.js';

const MODULE = 'export default 1';
const ANSWER = `HTTP/1.1 200 OK\r\nContent-Type: text/javascript\r\nContent-Length: ${MODULE.length}\r\nConnection: close\r\n\r\n${MODULE}`;

export interface Target {
  aim: Aim;
  /** The connections and datagrams received so far, and the files written. */
  seen(): Promise<string[]>;
  close(): Promise<void>;
}

export async function openTarget(): Promise<Target> {
  const root = await mkdtemp(join(tmpdir(), 'manyhands-hostile-'));
  const folder = await mkdtemp(join(root, 'out-'));
  const file = join(root, 'secret.json');
  const secret = 'nobody may know this';
  await writeFile(file, JSON.stringify(secret));
  const heard: string[] = [];
  const tcp = createServer((socket) => {
    heard.push('a connection');
    socket.on('error', () => undefined);
    socket.on('data', () => socket.end(ANSWER));
  });
  const udp = createSocket('udp4', () => heard.push('a datagram'));
  tcp.listen(0, '127.0.0.1');
  udp.bind(0, '127.0.0.1');
  await Promise.all([once(tcp, 'listening'), once(udp, 'listening')]);
  const idle = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  const tcpPort = (tcp.address() as AddressInfo).port;
  return {
    aim: { file, secret, folder, pid: idle.pid!, tcp: tcpPort, udp: udp.address().port },
    seen: async () => [...heard, ...(await readdir(folder))],
    async close() {
      idle.kill('SIGKILL');
      udp.close();
      await Promise.all([new Promise((closed) => tcp.close(closed)), once(idle, 'exit')]);
      await rm(root, { recursive: true });
    },
  };
}

/** The path of the Deno that tests use. Throws where the platform has none. */
export function denoPath(): string {
  const path = findDeno(process.env);
  if (path !== undefined) return path;
  throw new Error(
    'There is no Deno for these tests: its npm package has no binary for this platform. ' +
      'Install it from https://deno.com and name it by MANYHANDS_DENO.',
  );
}

/** The result of an attack in a Deno without any restriction. */
export async function undefended({ source }: Attack, aim: Aim): Promise<unknown> {
  const text = `
    const say = (value) => { console.log('ANSWER ' + JSON.stringify(value)); Deno.exit(0); };
    try { say(await (${source})(${JSON.stringify(aim)})); } catch (error) { say(String(error)); }`;
  const cache = join(tmpdir(), 'manyhands-hostile-deno');
  const child = spawn(denoPath(), ['run', '--allow-all', '--unstable-net', '--no-lock', '--no-config', '-'], {
    env: { PATH: process.env['PATH'], DENO_DIR: cache, NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => (said += String(piece)));
  child.stdin.end(text);
  await once(child, 'close');
  const answer = /^ANSWER (.*)$/m.exec(said)?.[1];
  return answer === undefined ? said : (JSON.parse(answer) as unknown);
}

/** Processes of Deno that a process has started, by default this one. Linux only, as are the tests that ask. */
export function denoChildren(of = process.pid): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && parentOf(pid) === of && isDeno(pid));
}

/** Samples the memory of the largest of them; `stop` answers its peak in bytes. */
export function watchPeak(): { stop(): number } {
  let peak = 0;
  const look = (): void => {
    for (const pid of denoChildren()) peak = Math.max(peak, residentBytes(pid));
  };
  const timer = setInterval(look, 10);
  return {
    stop() {
      clearInterval(timer);
      return peak;
    },
  };
}

const PAGE_BYTES = 4_096;
const SUPERVISOR = fileURLToPath(new URL('deno-orphan.mjs', import.meta.url));

export interface Orphan {
  /** Whether its job has begun its endless loop. */
  loops(): Promise<boolean>;
  killSupervisor(): void;
  /** Whether the process of the sandbox is alive. */
  isAlive(): boolean;
}

/** Starts a supervisor in a process of its own, with a sandbox that runs an endless loop. */
export async function startOrphan(): Promise<Orphan> {
  const env = { ...process.env, MANYHANDS_DENO: denoPath() };
  const supervisor = spawn(process.execPath, [SUPERVISOR], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let pids: number[] = [];
  return {
    async loops() {
      for await (const piece of supervisor.stdout) {
        if (!String(piece).includes('LOOPS')) continue;
        pids = denoChildren(supervisor.pid);
        return pids.length === 1;
      }
      return false;
    },
    killSupervisor: () => void supervisor.kill('SIGKILL'),
    isAlive: () => pids.some((pid) => isDeno(pid)),
  };
}

function isDeno(pid: number): boolean {
  try {
    return /deno/.test(readlinkSync(`/proc/${pid}/exe`));
  } catch {
    return false;
  }
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return undefined;
  }
}

function residentBytes(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES;
  } catch {
    return 0;
  }
}
