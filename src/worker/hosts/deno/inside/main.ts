/**
 * Main thread of a sandbox's Deno process: forwards messages between the pipe and a Worker in which job code runs. It runs
 * no job code itself, for two reasons: it detects the end of its supervisor, and ends, even while a job loops for ever;
 * and it frames the job's messages in a realm that the job cannot modify.
 * @module
 */
import { encodeFrame, FrameReader } from '../../process/message-framing.js';
import { hidePorts } from './hide-ports.js';
import type { FromDeno, ToDeno } from './pipe-messages.js';
import { prelude } from './prelude.js';

/** The parts of Deno that this file uses. */
declare const Deno: {
  stdin: { read(buffer: Uint8Array): Promise<number | null> };
  stdout: { writeSync(bytes: Uint8Array): number };
  permissions: { querySync(descriptor: { name: string }): { state: string } };
  exit(code: number): never;
};
declare const process: { getBuiltinModule(name: 'module'): { builtinModules: readonly string[] } };

const READ_BYTES = 256 * 1024;
/** The supervisor is trusted; the limits prevent a corrupted stream from allocating all memory. */
const LIMITS = { textBytesMax: 64 * 1024 * 1024, bodyBytesMax: 1024 * 1024 * 1024 };
const PERMISSIONS = ['read', 'write', 'net', 'env', 'sys', 'run', 'ffi', 'import'];

let toWorker: MessagePort | undefined;
/** Number of messages sent to the Worker, which waits on it (futex) and wakes when it changes. */
const waitSignal = new Int32Array(new SharedArrayBuffer(4));

function send(message: FromDeno): void {
  try {
    for (const piece of encodeFrame(message)) writeAll(piece);
  } catch {
    // The pipe is closed, or the job posted something that cannot be encoded: in both cases the process ends.
    Deno.exit(1);
  }
}

/** Blocks while the pipe is full, so that a job cannot fill the memory of its supervisor. */
function writeAll(bytes: Uint8Array): void {
  for (let rest = bytes; rest.byteLength > 0;) rest = rest.subarray(Deno.stdout.writeSync(rest));
}

function open(script: Uint8Array): void {
  const first = `(${prelude.toString()})();\n(${hidePorts.toString()})();\n`;
  const text = new Blob([first, script as BlobPart], { type: 'text/javascript' });
  const worker = new Worker(URL.createObjectURL(text), { type: 'module', name: 'sandbox' });
  worker.addEventListener('error', (event) => {
    event.preventDefault();
    send({
      type: 'exit',
      reason: `An uncaught error ended the sandbox: ${event.message || 'no message'}`,
    });
    Deno.exit(0);
  });
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = (event: MessageEvent<unknown>) => send({ type: 'message', message: event.data });
  port1.onmessageerror = () => send({ type: 'message', message: null });
  worker.postMessage({ type: 'port', waitSignal }, [port2]);
  toWorker = port1;
  send({ type: 'up', finding: finding() });
}

/** Permissions and modules that this process must not have, as a phrase; empty if there are none. */
function finding(): string {
  const may = PERMISSIONS.filter((name) => Deno.permissions.querySync({ name }).state === 'granted');
  if (may.length > 0) return `it has the permission ${may.join(', ')}`;
  const { builtinModules } = process.getBuiltinModule('module');
  const within = builtinModules.filter((name) => isReachable(name.replace(/^node:/, '')));
  return within.length > 0 ? `it can import ${within.join(', ')}` : '';
}

/** Whether the import map leaves a module of Node's where it is. */
function isReachable(name: string): boolean {
  try {
    return !import.meta.resolve(`node:${name}`).startsWith('data:');
  } catch {
    return false;
  }
}

function onMessage(raw: unknown): void {
  const message = raw as ToDeno;
  if (message.type === 'open') return open(message.script);
  toWorker?.postMessage(message.message, buffersIn(message.message));
  Atomics.add(waitSignal, 0, 1);
  Atomics.notify(waitSignal, 0);
}

/** All buffers of a message; the reader created them for this message only. */
function buffersIn(value: unknown, found: ArrayBuffer[] = []): ArrayBuffer[] {
  if (value instanceof Uint8Array) found.push(value.buffer as ArrayBuffer);
  else if (typeof value === 'object' && value !== null) {
    for (const item of Object.values(value)) buffersIn(item, found);
  }
  return found;
}

const reader = new FrameReader(LIMITS, onMessage);
const buffer = new Uint8Array(READ_BYTES);
for (;;) {
  const count = await Deno.stdin.read(buffer);
  // The supervisor has ended, or the stream is corrupted.
  if (count === null || reader.push(buffer.subarray(0, count)) !== undefined) Deno.exit(0);
}
