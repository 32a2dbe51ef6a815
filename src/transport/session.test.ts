import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { systemClock } from '../lib/clock.js';
import { systemRandom } from '../lib/random.js';
import { clientCodec, decodeClientMessage, encodeMessage } from '../protocol/codec.js';
import type { WorkerRequests } from '../protocol/messages.js';
import { ClientSession } from './session.js';
import { acceptNode, connectNode } from './ws-node.js';

it('speaks over a real socket', async () => {
  const server = createServer();
  const acceptor = acceptNode(server, '/socket', (c) => {
    c.handle({
      message(bytes) {
        const m = decodeClientMessage(bytes);
        if (m.type === 'hello')
          c.send(
            encodeMessage({
              type: 'welcome',
              protocol: 1,
              software: 'x',
              schedulerId: 'a'.repeat(64),
              challenge: 'b'.repeat(64),
              nowMs: 1,
              worktimes: [],
              minimumPrice: 0n,
            }),
          );
        else if (m.type === 'ping')
          c.send(encodeMessage({ type: 'reply', replyTo: m.id, body: { nowMs: 5 } }));
      },
      close() {},
    });
  });
  await new Promise<void>((r) => server.listen(0, '127.0.0.1', r));
  const s = new ClientSession<WorkerRequests>({
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/socket`,
    connect: connectNode,
    clock: systemClock,
    random: systemRandom,
    codec: clientCodec,
    hello: () => ({ type: 'hello', protocol: 1, software: 'test', role: 'worker' }) as never,
    notice() {},
  });
  await s.open();
  expect(await s.request('ping', {})).toEqual({ nowMs: 5 });
  await s.close();
  await acceptor.close();
  server.close();
});
