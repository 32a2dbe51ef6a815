/**
 * What runs in the page of the transport's test: connections that the test drives from outside.
 * @module
 */
import type { CloseInfo, Connection } from '../../../src/transport/transport.js';
import { connectBrowser } from '../../../src/transport/ws-browser.js';

interface Held {
  connection: Connection;
  /** The length and the first byte of each message. */
  received: [length: number, first: number | undefined][];
  closes: CloseInfo[];
  drains: number;
}

const held: Held[] = [];

const socketPage = {
  /** Gives the number of the connection, or the error's code and message. */
  async connect(url: string, giveUp = false): Promise<number | string> {
    try {
      const controller = new AbortController();
      const connecting = connectBrowser(url, { signal: controller.signal });
      if (giveUp) controller.abort();
      const connection = await connecting;
      const entry: Held = { connection, received: [], closes: [], drains: 0 };
      connection.handle({
        message: (bytes) => entry.received.push([bytes.length, bytes[0]]),
        close: (info) => entry.closes.push(info),
        drain: () => entry.drains++,
      });
      return held.push(entry) - 1;
    } catch (error) {
      const { code, message } = error as { code: string; message: string };
      return `${code}: ${message}`;
    }
  },
  /** Sends `count` messages of `bytes` bytes, filled with their number. */
  send(index: number, count: number, bytes: number): number {
    const { connection } = held[index]!;
    for (let i = 0; i < count; i++) connection.send(new Uint8Array(bytes).fill(i));
    return connection.bufferedBytes;
  },
  pause: (index: number): void => held[index]!.connection.pause(),
  resume: (index: number): void => held[index]!.connection.resume(),
  close: (index: number, code?: number, reason?: string): void => held[index]!.connection.close(code, reason),
  look: (index: number): Omit<Held, 'connection'> & { bufferedBytes: number } => {
    const { connection, received, closes, drains } = held[index]!;
    return { received, closes, drains, bufferedBytes: connection.bufferedBytes };
  },
};

declare global {
  interface Window {
    socketPage: typeof socketPage;
  }
}

window.socketPage = socketPage;
