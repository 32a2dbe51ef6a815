/**
 * Where bombs are seen to go off: the same sources in a bare Worker of an ordinary page, in the same browser.
 * @module
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SANDBOX_MESSAGES_BURST_MAX } from '../../../src/protocol/limits.js';
import type { Bomb } from '../bombs.js';
import { openChromium } from './browsers.js';

/** Time enough to pass a cap, milliseconds; what takes longer is no bomb. */
const CONTROL_MS_MAX = 60_000;
const WORKERS = 2_000;
/** What a bomb takes at least, where it does not say how much. */
const BYTES_DEFAULT = 2 ** 30;

/** It has a job's voice, and posts its result as a careless harness would. */
const BARE = (source: string): string => `
  const progress = () => postMessage('said');
  console.log = progress;
  onmessage = async () => {
    const made = await (${source})();
    postMessage(typeof made === 'number' ? made : { made });
  };`;

interface Seen {
  messages: number;
  answer: unknown;
}

/** Whether a bomb does without defence what it says, with the bytes that it took; `limitMs` is its time. */
export async function goesOff({ source, bytesMax, control }: Bomb, limitMs: number): Promise<boolean> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html' });
    response.end('<!doctype html><title>No defence</title>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await openChromium();
  try {
    await browser.open(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const before = await browser.memory();
    await browser.evaluate(`(() => {
      const worker = new Worker(URL.createObjectURL(new Blob([${JSON.stringify(BARE(source))}])));
      window.seen = { messages: 0, answer: undefined };
      worker.onmessage = ({ data }) => {
        seen.messages++;
        if (data !== 'said') seen.answer = typeof data === 'number' ? data : 'another';
      };
      worker.postMessage(0);
    })()`);
    const startedMs = performance.now();
    for (let ms = 0; ms < CONTROL_MS_MAX; ms = performance.now() - startedMs) {
      const bytes = (await browser.memory()) - before;
      if (control === 'bytes') {
        if (bytes > (bytesMax ?? BYTES_DEFAULT)) return true;
        continue;
      }
      const { messages, answer } = await browser.evaluate<Seen>('seen');
      if (control === 'workers' && answer === WORKERS) return true;
      if (control === 'messages' && messages > SANDBOX_MESSAGES_BURST_MAX) return true;
      if (control === 'time' && ms > 2 * limitMs) return answer === undefined;
    }
    return false;
  } finally {
    await browser.close();
    server.close();
    server.closeAllConnections();
  }
}
