/**
 * The sandbox frame by itself, in a real Chromium: what it isolates, how its sandboxes end, and that the page outlives
 * all of it.
 * @module
 */
import { expect } from '@playwright/test';
import { test, type FrameFixture } from './fixtures/frame-fixture.js';

/** Number of frames that the page has created. */
const frameCount = ({ page }: FrameFixture): Promise<number> => page.locator('iframe').count();

/** Pauses the frame's main thread, like a process that hangs. */
async function hang({ page }: FrameFixture): Promise<void> {
  const handle = await page.locator('iframe').elementHandle();
  const frame = await handle.contentFrame();
  const session = await page.context().newCDPSession(frame!);
  await session.send('Debugger.enable');
  await session.send('Debugger.pause');
}

test('a sandbox starts in an opaque origin, and replies over its port', async ({ fixture }) => {
  await fixture.open();
  const sandbox = await fixture.start();
  expect(await fixture.run(sandbox, 'return [1 + 1, self.origin, typeof document];')).toEqual({
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

test('no API in a sandbox reaches a server or a browser store', async ({ fixture }) => {
  await fixture.open();
  const sandbox = await fixture.start();
  const { port, seen } = fixture.stranger;
  const names = `const PORT = ${port}, HTTP = 'http://127.0.0.1:${port}/x.js', WS = 'ws://127.0.0.1:${port}/x';`;
  for (const [name, code] of Object.entries(ATTEMPTS)) {
    const answer = await fixture.run(sandbox, names + code);
    expect.soft(answer.error, `${name} must fail, but gave ${JSON.stringify(answer.value)}`).toBeDefined();
  }
  // The other server works: it receives a navigation of the page itself.
  expect(seen).toEqual([]);
  await fixture.page.goto(`http://127.0.0.1:${port}/hello`);
  expect(seen).toContain('GET /hello');
});

test('a sandbox in an endless loop is killed, and other sandboxes and the page continue', async ({
  fixture,
}) => {
  await fixture.open();
  const [busy, calm] = [await fixture.start(), await fixture.start()];
  await fixture.page.evaluate((at) => window.framePage.send(at, { code: 'for (;;) {}' }), busy);
  expect(await fixture.run(calm, 'return "calm";')).toEqual({ value: 'calm' });
  await fixture.page.evaluate((at) => window.framePage.kill(at), busy);
  await expect.poll(() => fixture.exits(busy)).toEqual(['It was killed.']);
  expect(await fixture.run(calm, 'return "still calm";')).toEqual({ value: 'still calm' });
  expect(await fixture.exits(calm)).toEqual([]);
});

test('a sandbox that ends by itself reports its end once', async ({ fixture }) => {
  await fixture.open();
  const thrower = await fixture.start();
  await fixture.run(thrower, 'setTimeout(() => { throw new Error("on the loose"); });');
  await expect.poll(() => fixture.exits(thrower)).toHaveLength(1);
  expect((await fixture.exits(thrower))[0]).toContain('on the loose');
  await fixture.page.evaluate((at) => window.framePage.kill(at), thrower);
  expect(await fixture.exits(thrower)).toHaveLength(1);
});

test('a script that throws at its start ends its sandbox', async ({ fixture }) => {
  await fixture.open({ script: '/broken.js' });
  const outcome = await fixture.page.evaluate(async () => {
    const index = await window.framePage.start('owner').catch((error: Error) => error.message);
    return index;
  });
  if (typeof outcome === 'string') expect(outcome).toContain('broken from the start');
  else await expect.poll(() => fixture.exits(outcome)).toHaveLength(1);
});

for (const [frame, fault] of [
  ['/bare.html', 'without its headers'],
  ['/open.html', 'with a policy that lets it connect'],
] as const) {
  test(`a frame that is served ${fault} gets no sandbox`, async ({ fixture }) => {
    await fixture.open({ frame });
    await expect(fixture.start()).rejects.toThrow(
      /is not isolated: its content security policy lets it connect/,
    );
    expect(await frameCount(fixture)).toBe(0);
  });
}

test('a script with another digest than announced is not started', async ({ fixture }) => {
  await fixture.open({ scriptDigest: '0'.repeat(64) });
  await expect(fixture.start()).rejects.toThrow(/is not the one that was announced/);
});

test('each owner has its own frame, which is removed after its last sandbox', async ({ fixture }) => {
  await fixture.open({ idleMs: 200 });
  const mine = await fixture.start('me');
  await fixture.start('me');
  const yours = await fixture.start('you');
  expect(await frameCount(fixture)).toBe(2);
  await fixture.page.evaluate((at) => window.framePage.kill(at), yours);
  await expect.poll(() => frameCount(fixture)).toBe(1);
  expect(await fixture.run(mine, 'return 1;')).toEqual({ value: 1 });
});

test('a prepared frame is used for the next owner, and one that has died is replaced', async ({
  fixture,
}) => {
  await fixture.open({ keepReady: true });
  await fixture.start('first');
  await expect.poll(() => frameCount(fixture)).toBe(2);
  // Marks the present frame; a frame that is created later has no mark.
  const mark = (): Promise<void> =>
    fixture.page.evaluate(() => {
      for (const frame of document.querySelectorAll('iframe')) frame.title = 'was there';
    });
  await mark();
  const framesAfterStart = await fixture.page.evaluate(async () => {
    await window.framePage.start('second');
    return [...document.querySelectorAll('iframe')].map(({ title }) => title);
  });
  expect(framesAfterStart).toEqual(['was there', 'was there']);
  await expect.poll(() => frameCount(fixture)).toBe(3);
  await fixture.page.evaluate(() => [...document.querySelectorAll('iframe')].at(-1)!.remove());
  const third = await fixture.start('third');
  expect(await fixture.run(third, 'return "again";')).toEqual({ value: 'again' });
});

test('a frame that dies ends only its own sandboxes, and a new frame replaces it', async ({ fixture }) => {
  await fixture.open();
  const [bomb, bystander, other] = [
    await fixture.start('bomber'),
    await fixture.start('bomber'),
    await fixture.start('other'),
  ];
  await fixture.page.evaluate(() => document.querySelectorAll('iframe')[0]!.remove());
  await expect.poll(() => fixture.exits(bomb), { timeout: 15_000 }).toHaveLength(1);
  await expect.poll(() => fixture.exits(bystander)).toHaveLength(1);
  expect((await fixture.exits(bystander))[0]).toContain('With others.');
  expect(await fixture.run(other, 'return "lives";')).toEqual({ value: 'lives' });
  const fresh = await fixture.start('bomber');
  expect(await fixture.run(fresh, 'return "again";')).toEqual({ value: 'again' });
  await fixture.run(fresh, 'setTimeout(() => { throw new Error("alone"); });');
  await expect.poll(() => fixture.exits(fresh)).toEqual([expect.stringMatching(/alone$/)]);
});

test('a sandbox that dies beside one without a job ended alone, and with others where one was killed just before', async ({
  fixture,
}) => {
  await fixture.open();
  const first = await fixture.start('bomber');
  const empty = await fixture.start('nobody');
  await fixture.page.evaluate((at) => window.framePage.send(at, { type: 'warm', assets: {} }), empty);
  const removeFrame = (): Promise<void> =>
    fixture.page.evaluate(() => document.querySelectorAll('iframe')[0]!.remove());
  await removeFrame();
  await expect.poll(() => fixture.exits(first), { timeout: 15_000 }).toHaveLength(1);
  expect((await fixture.exits(first))[0]).not.toContain('With others.');
  // The frame of the empty sandbox is the first now.
  await removeFrame();
  await expect.poll(() => fixture.exits(empty), { timeout: 15_000 }).toHaveLength(1);
  const last = await fixture.start('bomber');
  const killed = await fixture.start('other');
  await fixture.page.evaluate((at) => window.framePage.kill(at), killed);
  await expect.poll(() => fixture.exits(killed)).toHaveLength(1);
  await removeFrame();
  await expect.poll(() => fixture.exits(last), { timeout: 15_000 }).toHaveLength(1);
  expect((await fixture.exits(last))[0]).toContain('With others.');
});

test('a frame that does not kill a sandbox on request is removed', async ({ fixture }) => {
  await fixture.open();
  const [doomed, neighbour] = [await fixture.start(), await fixture.start()];
  await hang(fixture);
  await fixture.page.evaluate((at) => window.framePage.kill(at), doomed);
  await expect.poll(() => fixture.exits(doomed)).toHaveLength(1);
  await expect.poll(() => fixture.exits(neighbour)).toHaveLength(1);
  expect((await fixture.exits(neighbour))[0]).toContain('did not answer');
  const fresh = await fixture.start();
  expect(await fixture.run(fresh, 'return "again";')).toEqual({ value: 'again' });
  expect(await frameCount(fixture)).toBe(1);
});

test('owners are distributed over the origins that serve the frame', async ({ fixture }) => {
  const { port } = new URL(fixture.server.url);
  const otherFrameUrls = ['127.0.0.1', 'localhost'].map(
    (host) => `http://${host}:${port}/sandbox/frame.html`,
  );
  await fixture.page.goto(`${fixture.server.url}/free.html`);
  await fixture.open({ otherFrameUrls });
  for (const owner of ['one', 'two', 'three', 'one']) {
    expect(await fixture.run(await fixture.start(owner), 'return self.origin;')).toEqual({ value: 'null' });
  }
  const frames = await fixture.page
    .locator('iframe')
    .evaluateAll((all) => all.map((one) => (one as HTMLIFrameElement).src));
  expect(frames).toEqual([otherFrameUrls[0], otherFrameUrls[1], otherFrameUrls[0]]);
});

test('a closed host ends all sandboxes and starts none', async ({ fixture }) => {
  await fixture.open();
  const sandbox = await fixture.start();
  await fixture.page.evaluate(() => window.framePage.close());
  expect(await fixture.exits(sandbox)).toEqual(['The worker was stopped.']);
  expect(await frameCount(fixture)).toBe(0);
  await expect(fixture.start()).rejects.toThrow(/is closed/);
});
