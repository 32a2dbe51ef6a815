import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { isError } from '../lib/errors.js';
import { connectFailedInNode } from './connect-failed.js';
import { connectNode } from './ws-node.js';

const URL_TEXT = 'ws://there:8462/socket';

it.each<[string | undefined, string, string, RegExp]>([
  ['ECONNREFUSED', 'connect ECONNREFUSED', 'refused', /nothing listens there.*npx manyhands scheduler/],
  ['ENOTFOUND', 'getaddrinfo ENOTFOUND there', 'not-found', /host name is not known.*Check the host/],
  ['EAI_AGAIN', 'getaddrinfo EAI_AGAIN there', 'not-found', /host name is not known/],
  ['ETIMEDOUT', 'connect ETIMEDOUT', 'timeout', /nothing answered in time/],
  [undefined, 'Opening handshake has timed out', 'timeout', /nothing answered in time/],
  [
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'self-signed certificate',
    'tls',
    /not trusted here \(self-signed certificate\).*NODE_EXTRA_CA_CERTS/,
  ],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unable to verify', 'tls', /NODE_EXTRA_CA_CERTS/],
  ['CERT_HAS_EXPIRED', 'certificate has expired', 'tls', /does not fit \(certificate has expired\)/],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'not for there', 'tls', /does not fit \(not for there\)/],
  ['EPROTO', 'wrong version number', 'tls', /does not speak TLS.*http and not https/],
  [undefined, 'Unexpected server response: 404', 'not-a-scheduler', /no manyhands scheduler \(HTTP 404\)/],
  [undefined, 'Unexpected server response: 503', 'refused', /no room.*Try again later/],
  ['ECONNRESET', 'socket hang up', 'not-a-scheduler', /hung up.*https and not http/],
  ['EPERM', '', 'no-answer', /the network refused/],
])('%s "%s" is told as %s', (code, message, reason, text) => {
  const error = connectFailedInNode(URL_TEXT, Object.assign(new Error(message), { code }));
  expect(error).toMatchObject({ code: 'CONNECT_FAILED', info: { url: URL_TEXT, reason } });
  expect(error.message).toMatch(text);
});

it('a failed connection says whether the server speaks no WebSocket or no TLS', async () => {
  const server = createServer((_, response) => response.end('hello'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const reasonOf = async (url: string): Promise<unknown> => {
    const error = await connectNode(url).then(
      () => expect.unreachable(),
      (thrown: unknown) => thrown,
    );
    return isError(error, 'CONNECT_FAILED') && error.info.reason;
  };
  expect(await reasonOf(`ws://127.0.0.1:${port}/socket`)).toBe('not-a-scheduler');
  expect(await reasonOf(`wss://127.0.0.1:${port}/socket`)).toBe('tls');
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  expect(await reasonOf(`ws://127.0.0.1:${port}/socket`)).toBe('refused');
});
