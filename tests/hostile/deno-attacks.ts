/**
 * What job code may try on Deno, as data: each is the text of an async function of `aim` that answers `true` where it got
 * through, however it did. All of them work in a Deno without defence, which the tests see first.
 * @module
 */

/** The targets of the attacks. */
export interface Aim {
  /** A file that contains `secret`, and its path. */
  file: string;
  secret: string;
  /** A folder to write into. */
  folder: string;
  /** A program's process that does nothing. */
  pid: number;
  /** Ports of 127.0.0.1 with a listener. */
  tcp: number;
  udp: number;
}

export interface Attack {
  name: string;
  source: string;
}

const got = (name: string, source: string): Attack => ({ name, source: `async (aim) => ${source}` });
/** Uses a module of Node, however it can be loaded. */
const viaNode = (name: string, module: string, use: string): Attack[] => [
  got(`${name} by import('node:${module}')`, `{ const m = await import('node:${module}'); ${use} }`),
  got(`${name} by getBuiltinModule`, `{ const m = process.getBuiltinModule('${module}'); ${use} }`),
];

const FILES: Attack[] = [
  got('read a file', '(await Deno.readTextFile(aim.file)).includes(aim.secret)'),
  got('read a file at once', 'Deno.readTextFileSync(aim.file).includes(aim.secret)'),
  got('open a file', '{ using f = await Deno.open(aim.file); return (await f.stat()).size > 0; }'),
  got('list a folder', '[...Deno.readDirSync("/")].length > 0'),
  got('look at a file', 'Deno.statSync(aim.file).isFile'),
  got('write a file', '{ await Deno.writeTextFile(aim.folder + "/a", "x"); return true; }'),
  got('make a file for a while', '{ await Deno.makeTempFile({ dir: aim.folder }); return true; }'),
  got('know its own folder', 'Deno.cwd().length > 0'),
  got('know its program', 'Deno.execPath().length > 0'),
  got('fetch a file', '(await (await fetch("file://" + aim.file)).text()).includes(aim.secret)'),
  got('import a file as JSON', '(await import("file://" + aim.file, { with: { type: "json" } })).default.includes(aim.secret)'),
  got('import a file as text', '(await import("file://" + aim.file, { with: { type: "text" } })).default.includes(aim.secret)'),
  got('import a file by a module', '(await import(`data:text/javascript,import x from "file://${aim.file}" with { type: "json" }; export default x`)).default.includes(aim.secret)'),
  ...viaNode('read a file', 'fs', 'return m.readFileSync(aim.file, "utf8").includes(aim.secret);'),
  ...viaNode('read a file later', 'fs/promises', 'return (await m.readFile(aim.file, "utf8")).includes(aim.secret);'),
  got('read a file by require', '(await import("node:module")).createRequire("file:///x.js")("fs").readFileSync(aim.file, "utf8").includes(aim.secret)'),
  ...viaNode('keep a database', 'sqlite', 'new m.DatabaseSync(aim.folder + "/" + crypto.randomUUID()).exec("create table if not exists t(a)"); return true;'),
]; // prettier-ignore

const MACHINE: Attack[] = [
  got('read the environment', 'Object.keys(Deno.env.toObject()).length > 0'),
  got('read one variable', 'Deno.env.get("PATH").length > 0'),
  got('read the environment as Node', 'Object.keys(process.env).length > 0'),
  ...viaNode('read the environment', 'process', 'return Object.keys(m.env).length > 0;'),
  got('start a program', '(await new Deno.Command("true").output()).success'),
  ...viaNode('start a program', 'child_process', 'return m.execFileSync("echo", ["1"]).length > 0;'),
  got('signal a process', '{ Deno.kill(aim.pid, "SIGCONT"); return true; }'),
  got('signal a process as Node', 'process.kill(aim.pid, 0)'),
  got('load native code', '{ Deno.dlopen("libc.so.6", { getpid: { parameters: [], result: "i32" } }); return true; }'),
  got('know the host', 'Deno.hostname().length > 0'),
  got('know the network', 'Deno.networkInterfaces().length > 0'),
  got('know the user', 'Deno.uid() >= 0'),
  got('know the memory', 'Deno.systemMemoryInfo().total > 0'),
  ...viaNode('know the host', 'os', 'return m.hostname().length > 0;'),
  got('ask for permission', '(await Deno.permissions.request({ name: "read" })).state === "granted"'),
  got('know its numbers', 'Deno.pid > 0 && process.pid > 0'),
]; // prettier-ignore

const NETWORK: Attack[] = [
  got('fetch', '{ const r = await fetch(`http://127.0.0.1:${aim.tcp}/fetch`); return r.ok; }'),
  got('fetch without CORS', '{ await fetch(`http://127.0.0.1:${aim.tcp}/no-cors`, { mode: "no-cors" }); return true; }'),
  got('a WebSocket', '{ new WebSocket(`ws://127.0.0.1:${aim.tcp}/ws`); await new Promise((f) => setTimeout(f, 300)); return true; }'),
  got('an EventSource', '{ new EventSource(`http://127.0.0.1:${aim.tcp}/es`); await new Promise((f) => setTimeout(f, 300)); return true; }'),
  got('connect', '{ (await Deno.connect({ hostname: "127.0.0.1", port: aim.tcp })).close(); return true; }'),
  got('listen', '{ Deno.listen({ port: 0 }).close(); return true; }'),
  got('listen by address of this machine', '{ Deno.listen({ hostname: "127.0.0.1", port: 0 }).close(); return true; }'),
  got('send a datagram', '{ const s = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 }); await s.send(new Uint8Array([1]), { transport: "udp", hostname: "127.0.0.1", port: aim.udp }); s.close(); return true; }'),
  got('ask for a name', '{ await Deno.resolveDns("name.invalid", "A", { nameServer: { ipAddr: "127.0.0.1", port: aim.udp }, signal: AbortSignal.timeout(300) }).catch((e) => { if (e.name === "NotCapable" || e.name === "ReferenceError" || e.name === "TypeError") throw e; }); return true; }'),
  got('import over HTTP', '(await import(`http://127.0.0.1:${aim.tcp}/module.js`)).default === 1'),
  got('import over HTTP by a module', '(await import(`data:text/javascript,export { default } from "http://127.0.0.1:${aim.tcp}/module.js"`)).default === 1'),
  ...viaNode('connect', 'net', 'await new Promise((yes, no) => m.connect(aim.tcp, "127.0.0.1").on("connect", yes).on("error", no)); return true;'),
  ...viaNode('send a datagram', 'dgram', 'await new Promise((yes, no) => m.createSocket("udp4").on("error", no).send("x", aim.udp, "127.0.0.1", (e) => e ? no(e) : yes())); return true;'),
  ...viaNode('ask over HTTP', 'http', 'await new Promise((yes, no) => m.get({ host: "127.0.0.1", port: aim.tcp }, yes).on("error", no)); return true;'),
]; // prettier-ignore

const REALM: Attack[] = [
  got('start a Worker', '{ const w = new Worker("data:text/javascript,0", { type: "module" }); w.terminate(); return true; }'),
  ...viaNode('start a thread', 'worker_threads', 'new m.Worker("0", { eval: true }).terminate(); return true;'),
  ...viaNode('set flags of the engine', 'v8', 'm.setFlagsFromString("--allow-natives-syntax"); return true;'),
  ...viaNode('start a realm', 'vm', 'return m.runInNewContext("1") === 1;'),
  got('reach the inside of Deno', 'Object.keys(Deno[Deno.internal].core.ops).length > 0'),
  got('write to the pipe', 'Deno.stdout.writeSync(new Uint8Array(0)) === 0'),
  got('read from the pipe', 'typeof Deno.stdin.readSync === "function"'),
  got('write to the pipe as Node', 'process.stdout.write("") || true'),
  ...viaNode('write to the pipe', 'fs', 'return m.writeSync(1, new Uint8Array(0)) === 0;'),
  got('keep something for the next', '{ await caches.open("x"); return true; }'),
  got('speak to others of its process', '{ new BroadcastChannel("x").close(); return true; }'),
  got('end its process', 'typeof Deno.exit === "function" && typeof process.reallyExit === "function"'),
  got('come by import in a text', '(await new Function("return import(\'node:os\')")()).EOL.length > 0'),
  got('come by import in a timer', '(await new Promise((yes, no) => setTimeout(() => import("node:os").then(yes, no), 0))).EOL.length > 0'),
  got('come by import in a module', '(await import("data:text/javascript,export { EOL } from \'node:os\'")).EOL.length > 0'),
  got('come by import in a Blob', '(await import(URL.createObjectURL(new Blob(["export * from \'node:os\'"], { type: "text/javascript" })))).EOL.length > 0'),
  got('come by import in capitals', '(await import("NODE:os")).EOL.length > 0'),
]; // prettier-ignore

export const ATTACKS: readonly Attack[] = [...FILES, ...MACHINE, ...NETWORK, ...REALM];
