/**
 * Files, environment and processes of the machine, as Node would give them: what a sandbox in a process might leak.
 * @module
 */
import { channels } from './channel.js';

export const MACHINE = channels('map-basic', 'node', [
  ['file', 'itself', 'return (await import("node:fs")).readFileSync(t.file, "utf8").includes("secret");'],
  ['file-by-process', 'itself', 'return process.getBuiltinModule ? process.getBuiltinModule("fs").existsSync(t.file) : process.binding("fs") !== undefined;'],
  ['file-url', 'itself', 'const { readFile } = await import("node:fs/promises"); return (await readFile(new URL("file://" + t.file), "utf8")).includes("secret");'],
  ['environment', 'itself', 'return Object.keys(process.env).length > 0;'],
  ['arguments', 'itself', 'return process.argv.length > 0;'],
  ['subprocess', 'itself', 'return (await import("node:child_process")).execFileSync("/bin/echo", ["hi"]).length > 0;'],
  ['socket', 'tcp', 'const net = await import("node:net"); return new Promise((yes, no) => { const s = net.connect(t.port, "127.0.0.1", () => { s.end(); yes(true); }); s.on("error", no); });'],
  ['datagram', 'udp', 'const { createSocket } = await import("node:dgram"); const s = createSocket("udp4"); return new Promise((yes, no) => s.send("x", t.udp, "127.0.0.1", (e) => { s.close(); if (e) no(e); else yes(true); }));'],
  ['threads', 'itself', 'return new (await import("node:worker_threads")).Worker("0", { eval: true }) !== undefined;'],
  ['virtual-machine', 'itself', 'return (await import("node:vm")).runInNewContext("1 + 1") === 2;'],
  ['exit', 'itself', 'return typeof process.exit === "function" && typeof process.kill === "function";'],
]); // prettier-ignore
