/**
 * Ways out of a Worker by the network, in JavaScript.
 * @module
 */
import { channels } from './channel.js';

const EVENT = (make: string, good: string): string =>
  `return new Promise((yes, no) => { const it = ${make}; it.${good} = () => yes(true); it.onerror = () => no(new Error('blocked')); setTimeout(no, 3000, new Error('nothing')); });`;

export const NETWORK = channels('map-basic', 'worker', [
  ['fetch', 'tcp', 'return (await fetch(t.http)).ok;'],
  ['fetch-no-cors', 'tcp', 'return (await fetch(t.http, { mode: "no-cors" })).type === "opaque";'],
  ['fetch-post', 'tcp', 'return (await fetch(t.http, { method: "POST", body: "secret" })).ok;'],
  ['fetch-keepalive', 'tcp', 'return (await fetch(t.http, { method: "POST", body: "x", keepalive: true })).ok;'],
  ['fetch-method', 'tcp', 'return (await Reflect.get(globalThis, "fet" + "ch").call(globalThis, t.http)).ok;'],
  ['fetch-request', 'tcp', 'return (await fetch(new Request(t.http, { cache: "no-store" }))).ok;'],
  ['fetch-by-eval', 'tcp', 'return (await (0, eval)("fetch")(t.http)).ok;'],
  ['fetch-by-function', 'tcp', 'return (await new Function("u", "return fetch(u)")(t.http)).ok;'],
  ['fetch-by-generator', 'tcp', 'return (await (function* () {}).constructor("u", "yield fetch(u)")(t.http).next().value).ok;'],
  ['fetch-by-async-function', 'tcp', 'return (await (async () => {}).constructor("u", "return fetch(u)")(t.http)).ok;'],
  ['fetch-by-prototype', 'tcp', `
    for (let o = globalThis; o; o = Object.getPrototypeOf(o)) {
      const found = Object.getOwnPropertyDescriptor(o, 'fetch');
      if (found) return (await found.value.call(globalThis, t.http)).ok;
    }`],
  ['fetch-in-a-timer', 'tcp', 'return new Promise((yes, no) => setTimeout(() => { try { fetch(t.http).then(() => yes(true), no); } catch (e) { no(e); } }));'],
  ['fetch-by-text-timer', 'tcp', 'globalThis.tHttp = t.http; return new Promise((yes) => { globalThis.tDone = yes; setTimeout("fetch(tHttp).then(() => tDone(true), () => tDone(false))", 0); setTimeout(yes, 1000, false); });'],
  ['xhr', 'tcp', 'const x = new XMLHttpRequest(); x.open("GET", t.http, false); x.send(); return x.status === 200;'],
  ['xhr-async', 'tcp', `return new Promise((yes, no) => { const x = new XMLHttpRequest(); x.onload = () => yes(true); x.onerror = () => no(new Error('blocked')); x.open('POST', t.http); x.send('x'); });`],
  ['websocket', 'tcp', EVENT('new WebSocket(t.ws)', 'onopen')],
  ['websocket-stream', 'tcp', 'const { protocol } = typeof WebSocketStream === "undefined" ? await new Promise((yes, no) => { const s = new WebSocket(t.ws, "p"); s.onopen = () => yes({ protocol: "p" }); s.onerror = () => no(new Error("blocked")); }) : await new WebSocketStream(t.ws, { protocols: ["p"] }).opened; return protocol !== undefined;'],
  ['event-source', 'tcp', EVENT('new EventSource(t.http + "/events")', 'onopen')],
  ['import-scripts', 'tcp', 'importScripts(t.http + "/x.js"); return globalThis.reached === true;'],
  ['import', 'tcp', 'await import(t.http + "/x.mjs"); return true;'],
  ['import-by-blob', 'tcp', 'const u = URL.createObjectURL(new Blob(["import " + JSON.stringify(t.http + "/y.mjs")], { type: "text/javascript" })); await import(u); return true;'],
  ['import-by-eval', 'tcp', 'await (0, eval)("(u) => import(u)")(t.http + "/z.mjs"); return true;'],
  ['import-json', 'tcp', 'await new Function("u", "return import(u, { with: { type: \'json\' } })")(t.http + "/j.json"); return true;'],
  ['nested-worker', 'tcp', `
    const text = 'fetch(' + JSON.stringify(t.http) + ').then(() => postMessage(1), () => postMessage(0))';
    const worker = new Worker(URL.createObjectURL(new Blob([text])));
    return new Promise((yes, no) => { worker.onmessage = ({ data }) => yes(data === 1); worker.onerror = no; });`],
  ['nested-worker-url', 'tcp', 'const w = new Worker("data:text/javascript," + encodeURIComponent("fetch(" + JSON.stringify(t.http) + ").then(() => postMessage(1))")); return new Promise((yes, no) => { w.onmessage = () => yes(true); w.onerror = no; });'],
  ['nested-module-worker', 'tcp', 'const w = new Worker("data:text/javascript," + encodeURIComponent("import(" + JSON.stringify(t.http + "/m.mjs") + ").then(() => postMessage(1))"), { type: "module" }); return new Promise((yes, no) => { w.onmessage = () => yes(true); w.onerror = no; setTimeout(no, 3000); });'],
  ['worker-by-scope', 'tcp', 'const W = Object.getPrototypeOf(Object.getPrototypeOf(globalThis)).Worker ?? self.Worker; const w = new W("data:text/javascript," + encodeURIComponent("fetch(" + JSON.stringify(t.http) + ").then(() => postMessage(1))")); return new Promise((yes, no) => { w.onmessage = () => yes(true); w.onerror = no; });'],
  ['dns-of-a-fetch', 'dns', 'await fetch("http://" + t.host + ":8080/").catch(() => 0); return true;'],
  ['dns-of-a-socket', 'dns', 'const s = new WebSocket("ws://" + t.host + ":8080/"); await new Promise((done) => { s.onclose = done; }); return true;'],
  ['font-face', 'tcp', 'const f = new FontFace("x", "url(" + t.http + "/f.woff)"); await f.load().catch((e) => { if (e.name !== "NetworkError" && e.name !== "SyntaxError") throw e; }); return true;'],
  ['font-of-a-canvas', 'tcp', 'const f = new FontFace("y", "url(" + t.http + "/g.woff)"); self.fonts.add(f); new OffscreenCanvas(9, 9).getContext("2d").font = "9px y"; await self.fonts.load("9px y").catch(() => 0); return true;'],
  ['web-transport', 'itself', 'const w = new WebTransport("https://" + t.host + ":" + t.port + "/"); await w.ready.catch((e) => { if (e.name === "ReferenceError") throw e; }); return true;'],
]); // prettier-ignore

/** Channels that exist only in a document: they work there, where job code never runs. */
export const DOCUMENT = channels('map-basic', 'document', [
  ['web-rtc', 'udp', 'const p = new RTCPeerConnection({ iceServers: [{ urls: "stun:127.0.0.1:" + t.udp }] }); p.createDataChannel("x"); await p.setLocalDescription(); await new Promise((done) => { p.onicegatheringstatechange = () => p.iceGatheringState === "complete" && done(); setTimeout(done, 4000); }); return true;'],
  ['beacon', 'tcp', 'return navigator.sendBeacon(t.http, "secret");'],
  ['image', 'tcp', 'const i = new Image(); i.src = t.http; await new Promise((done) => { i.onload = i.onerror = done; }); return true;'],
  ['image-element', 'tcp', 'const i = document.createElement("img"); i.src = t.http; await new Promise((done) => { i.onload = i.onerror = done; }); return true;'],
  ['script-element', 'tcp', 'const s = document.createElement("script"); s.src = t.http + "/s.js"; document.documentElement.append(s); await new Promise((done) => { s.onload = s.onerror = done; }); return true;'],
  ['style-element', 'tcp', 'const l = document.createElement("link"); l.rel = "stylesheet"; l.href = t.http + "/s.css"; document.documentElement.append(l); await new Promise((done) => { l.onload = l.onerror = done; }); return true;'],
  ['audio', 'tcp', 'const a = new Audio(t.http); await new Promise((done) => { a.onerror = a.oncanplay = done; a.load(); }); return true;'],
  ['preconnect', 'dns', 'const l = document.createElement("link"); l.rel = "preconnect"; l.href = "http://" + t.host; document.documentElement.append(l); await new Promise((r) => setTimeout(r, 1500)); return true;'],
  ['dns-prefetch', 'dns', 'const l = document.createElement("link"); l.rel = "dns-prefetch"; l.href = "//" + t.host; document.documentElement.append(l); await new Promise((r) => setTimeout(r, 1500)); return true;'],
  ['prefetch', 'tcp', 'const l = document.createElement("link"); l.rel = "prefetch"; l.href = t.http; document.documentElement.append(l); await new Promise((done) => { l.onload = l.onerror = done; setTimeout(done, 3000); }); return true;'],
  ['frame', 'tcp', 'const f = document.createElement("iframe"); f.src = t.http; document.documentElement.append(f); await new Promise((done) => { f.onload = done; }); return true;'],
  ['form', 'tcp', 'const f = document.createElement("form"); f.action = t.http; f.target = "x"; const i = document.createElement("iframe"); i.name = "x"; document.documentElement.append(i, f); f.submit(); await new Promise((done) => { i.onload = done; }); return true;'],
  ['meta-refresh', 'tcp', 'const f = document.createElement("iframe"); f.srcdoc = "<meta http-equiv=refresh content=\'0;url=" + t.http + "\'>"; document.documentElement.append(f); await new Promise((r) => setTimeout(r, 2000)); return true;'],
  ['navigation', 'tcp', 'const f = document.createElement("iframe"); document.documentElement.append(f); f.contentWindow.location.href = t.http; await new Promise((r) => setTimeout(r, 1500)); return true;'],
  ['window-open', 'tcp', 'window.open(t.http); await new Promise((r) => setTimeout(r, 1500)); return true;'],
  ['shared-worker', 'tcp', 'const w = new SharedWorker(URL.createObjectURL(new Blob(["onconnect = (e) => fetch(" + JSON.stringify(t.http) + ").finally(() => e.ports[0].postMessage(1))"]))); w.port.start(); await new Promise((done) => { w.port.onmessage = done; }); return true;'],
  ['css-image', 'tcp', 'document.documentElement.style.backgroundImage = "url(" + t.http + ")"; await new Promise((r) => setTimeout(r, 1000)); return true;'],
]); // prettier-ignore
