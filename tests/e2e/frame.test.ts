/**
 * The sandbox frame by itself, in a real Chromium: what it isolates, how its sandboxes end, and that the page outlives
 * all of it.
 * @module
 */
import { expect } from '@playwright/test';
import { test, type FrameRig } from './rig/frame-rig.js';

/** How many frames the page has put up. */
const frameCount = ({ page }: FrameRig): Promise<number> => page.locator('iframe').count();

/** Stops the frame's own thread at its next step, as a process that hangs or is starved would. */
async function hang({ page }: FrameRig): Promise<void> {
  const handle = await page.locator('iframe').elementHandle();
  const frame = await handle.contentFrame();
  const session = await page.context().newCDPSession(frame!);
  await session.send('Debugger.enable');
  await session.send('Debugger.pause');
}

test('a sandbox starts, in an opaque origin, and answers over its port', async ({ rig }) => {
  await rig.open();
  const sandbox = await rig.start();
  expect(await rig.run(sandbox, 'return [1 + 1, self.origin, typeof document];')).toEqual({
    value: [2, 'null', 'undefined'],
  });
});

const ATTEMPTS: Record<string, string> = {
  fetch: 'return (await fetch(HTTP)).status;',
  'fetch without cors': 'return (await fetch(HTTP, { mode: "no-cors" })).type;',
  'fetch with keepalive':
    'return (await fetch(HTTP, { method: "POST", body: "x", keepalive: true })).status;',
  'fetch of a blob': 'return (await fetch(URL.createObjectURL(new Blob(["x"])))).status;',
  XMLHttpRequest: `return new Promise((yes, no) => {
    const request = new XMLHttpRequest();
    request.onload = () => yes('loaded');
    request.onerror = () => no(new Error('blocked'));
    request.open('GET', HTTP);
    request.send();
  });`,
  WebSocket: `return new Promise((yes, no) => {
    const socket = new WebSocket(WS);
    socket.onopen = () => yes('open');
    socket.onerror = () => no(new Error('blocked'));
  });`,
  EventSource: `return new Promise((yes, no) => {
    const source = new EventSource(HTTP);
    source.onopen = () => yes('open');
    source.onerror = () => no(new Error('blocked'));
  });`,
  importScripts: 'importScripts(HTTP); return self.reached;',
  'dynamic import': 'await import(HTTP); return self.reached;',
  'a nested Worker that fetches': `return new Promise((yes, no) => {
    const text = 'fetch("' + HTTP + '").then(() => postMessage("reached"), () => postMessage("blocked"))';
    const worker = new Worker(URL.createObjectURL(new Blob([text])));
    worker.onmessage = ({ data }) => (data === 'reached' ? yes(data) : no(new Error(data)));
    worker.onerror = () => no(new Error('blocked'));
  });`,
  'a Worker of a URL': `return new Promise((yes, no) => {
    const worker = new Worker(HTTP);
    worker.onmessage = yes;
    worker.onerror = () => no(new Error('blocked'));
  });`,
  RTCPeerConnection: `const peer = new RTCPeerConnection({ iceServers: [{ urls: 'stun:127.0.0.1:' + PORT }] });
    peer.createDataChannel('x');
    await peer.setLocalDescription();
    return 'made';`,
  WebTransport:
    'const transport = new WebTransport("https://127.0.0.1:" + PORT); await transport.ready; return 1;',
  indexedDB:
    'return new Promise((yes, no) => { const r = indexedDB.open("x"); r.onsuccess = yes; r.onerror = no; });',
  caches: 'return await caches.open("x");',
};

test('nothing in a sandbox reaches a server or a store', async ({ rig }) => {
  await rig.open();
  const sandbox = await rig.start();
  const { port, seen } = rig.stranger;
  const names = `const PORT = ${port}, HTTP = 'http://127.0.0.1:${port}/x.js', WS = 'ws://127.0.0.1:${port}/x';`;
  for (const [name, code] of Object.entries(ATTEMPTS)) {
    const answer = await rig.run(sandbox, names + code);
    expect.soft(answer.error, `${name} must fail, but gave ${JSON.stringify(answer.value)}`).toBeDefined();
  }
  // The stranger's server is there: the page itself, by a navigation, is seen by it.
  expect(seen).toEqual([]);
  await rig.page.goto(`http://127.0.0.1:${port}/hello`);
  expect(seen).toContain('GET /hello');
});

test('an endless loop is killed; its neighbours and the page go on', async ({ rig }) => {
  await rig.open();
  const [busy, calm] = [await rig.start(), await rig.start()];
  await rig.page.evaluate((at) => window.framePage.send(at, { code: 'for (;;) {}' }), busy);
  expect(await rig.run(calm, 'return "calm";')).toEqual({ value: 'calm' });
  await rig.page.evaluate((at) => window.framePage.kill(at), busy);
  await expect.poll(() => rig.exits(busy)).toEqual(['It was killed.']);
  expect(await rig.run(calm, 'return "still calm";')).toEqual({ value: 'still calm' });
  expect(await rig.exits(calm)).toEqual([]);
});

test('a sandbox that ends by itself says so once', async ({ rig }) => {
  await rig.open();
  const thrower = await rig.start();
  await rig.run(thrower, 'setTimeout(() => { throw new Error("on the loose"); });');
  await expect.poll(() => rig.exits(thrower)).toHaveLength(1);
  expect((await rig.exits(thrower))[0]).toContain('on the loose');
  await rig.page.evaluate((at) => window.framePage.kill(at), thrower);
  expect(await rig.exits(thrower)).toHaveLength(1);
});

test('a script that fails as it starts ends its sandbox', async ({ rig }) => {
  await rig.open({ script: '/broken.js' });
  const outcome = await rig.page.evaluate(async () => {
    const index = await window.framePage.start('owner').catch((error: Error) => error.message);
    return index;
  });
  if (typeof outcome === 'string') expect(outcome).toContain('broken from the start');
  else await expect.poll(() => rig.exits(outcome)).toHaveLength(1);
});

for (const [frame, fault] of [
  ['/bare.html', 'without its headers'],
  ['/open.html', 'with a policy that lets it connect'],
] as const) {
  test(`a frame that is served ${fault} gets no sandbox`, async ({ rig }) => {
    await rig.open({ frame });
    await expect(rig.start()).rejects.toThrow(/is not isolated: its content security policy lets it connect/);
    expect(await frameCount(rig)).toBe(0);
  });
}

test('a script that is not the announced one gets no sandbox', async ({ rig }) => {
  await rig.open({ scriptDigest: '0'.repeat(64) });
  await expect(rig.start()).rejects.toThrow(/is not the one that was announced/);
});

test('each owner has a frame, and it goes when its last sandbox went', async ({ rig }) => {
  await rig.open({ idleMs: 200 });
  const mine = await rig.start('me');
  await rig.start('me');
  const yours = await rig.start('you');
  expect(await frameCount(rig)).toBe(2);
  await rig.page.evaluate((at) => window.framePage.kill(at), yours);
  await expect.poll(() => frameCount(rig)).toBe(1);
  expect(await rig.run(mine, 'return 1;')).toEqual({ value: 1 });
});

test('a frame stands ready for the next owner; one that died unseen is replaced', async ({ rig }) => {
  await rig.open({ keepReady: true });
  await rig.start('first');
  await expect.poll(() => frameCount(rig)).toBe(2);
  // Marked in the page: a frame that is put up later has no mark.
  const mark = (): Promise<void> =>
    rig.page.evaluate(() => {
      for (const frame of document.querySelectorAll('iframe')) frame.title = 'was there';
    });
  await mark();
  const framesAfterStart = await rig.page.evaluate(async () => {
    await window.framePage.start('second');
    return [...document.querySelectorAll('iframe')].map(({ title }) => title);
  });
  expect(framesAfterStart).toEqual(['was there', 'was there']);
  await expect.poll(() => frameCount(rig)).toBe(3);
  await rig.page.evaluate(() => [...document.querySelectorAll('iframe')].at(-1)!.remove());
  const third = await rig.start('third');
  expect(await rig.run(third, 'return "again";')).toEqual({ value: 'again' });
});

test('a frame that dies takes its own sandboxes only, and the next one starts afresh', async ({ rig }) => {
  await rig.open();
  const [bomb, bystander, other] = [
    await rig.start('bomber'),
    await rig.start('bomber'),
    await rig.start('other'),
  ];
  await rig.page.evaluate(() => document.querySelectorAll('iframe')[0]!.remove());
  await expect.poll(() => rig.exits(bomb), { timeout: 15_000 }).toHaveLength(1);
  await expect.poll(() => rig.exits(bystander)).toHaveLength(1);
  expect((await rig.exits(bystander))[0]).toContain('With others.');
  expect(await rig.run(other, 'return "lives";')).toEqual({ value: 'lives' });
  const fresh = await rig.start('bomber');
  expect(await rig.run(fresh, 'return "again";')).toEqual({ value: 'again' });
  await rig.run(fresh, 'setTimeout(() => { throw new Error("alone"); });');
  await expect.poll(() => rig.exits(fresh)).toEqual([expect.stringMatching(/alone$/)]);
});

test('a frame that hangs is removed when it does not kill what it should', async ({ rig }) => {
  await rig.open();
  const [doomed, neighbour] = [await rig.start(), await rig.start()];
  await hang(rig);
  await rig.page.evaluate((at) => window.framePage.kill(at), doomed);
  await expect.poll(() => rig.exits(doomed)).toHaveLength(1);
  await expect.poll(() => rig.exits(neighbour)).toHaveLength(1);
  expect((await rig.exits(neighbour))[0]).toContain('did not answer');
  const fresh = await rig.start();
  expect(await rig.run(fresh, 'return "again";')).toEqual({ value: 'again' });
  expect(await frameCount(rig)).toBe(1);
});

test('owners are spread over the sites that serve the frame', async ({ rig }) => {
  const { port } = new URL(rig.server.url);
  const otherFrameUrls = ['127.0.0.1', 'localhost'].map(
    (host) => `http://${host}:${port}/sandbox/frame.html`,
  );
  await rig.page.goto(`${rig.server.url}/free.html`);
  await rig.open({ otherFrameUrls });
  for (const owner of ['one', 'two', 'three', 'one']) {
    expect(await rig.run(await rig.start(owner), 'return self.origin;')).toEqual({ value: 'null' });
  }
  const frames = await rig.page
    .locator('iframe')
    .evaluateAll((all) => all.map((one) => (one as HTMLIFrameElement).src));
  expect(frames).toEqual([otherFrameUrls[0], otherFrameUrls[1], otherFrameUrls[0]]);
});

test('a closed host ends everything and starts nothing', async ({ rig }) => {
  await rig.open();
  const sandbox = await rig.start();
  await rig.page.evaluate(() => window.framePage.close());
  expect(await rig.exits(sandbox)).toEqual(['The worker was stopped.']);
  expect(await frameCount(rig)).toBe(0);
  await expect(rig.start()).rejects.toThrow(/is closed/);
});
