/**
 * From a hello to the session behind it, by its role.
 * @module
 */
import { ManyhandsError, toWireError } from '../../lib/errors.js';
import { encodeMessage } from '../../protocol/wire/codec.js';
import type { Hello } from '../../protocol/messages/messages.js';
import type { Connection } from '../../transport/transport.js';
import { ClientConnection } from './client-connection.js';
import type { Session } from './session.js';
import type { Core } from '../services/core.js';
import { DeployerSession } from './deployer-session.js';
import { WorkerSession } from './worker-session.js';

/** RFC 6455: the peer breaks a policy. */
const CLOSE_POLICY = 1008;

/** Takes a new connection of a client; it lives until its socket is gone. */
export function acceptClient(core: Core, connection: Connection): void {
  const banned = core.bans.refusal({ peer: connection.peer });
  if (banned !== undefined) {
    core.options.log('info', 'refused', { peer: connection.peer, code: banned.code, reason: banned.message });
    return refuseClient(connection, banned);
  }
  new ClientConnection(core, connection, (client, hello) => openSession(core, client, hello));
}

/** Tells a connection why it is not taken, and closes it: a browser shows its page nothing of a refused handshake. */
export function refuseClient(connection: Connection, error: ManyhandsError): void {
  connection.handle({ message: () => undefined, close: () => undefined });
  connection.send(encodeMessage({ type: 'goodbye', error: toWireError(error) }));
  connection.close(CLOSE_POLICY, error.code);
}

function openSession(core: Core, client: ClientConnection, hello: Hello): Session {
  switch (hello.role) {
    case 'deployer':
      return new DeployerSession(core, client, false);
    case 'operator':
      if (!isSame(hello.operatorToken ?? '', core.options.operatorToken)) {
        throw new ManyhandsError(
          'FORBIDDEN',
          `that is not the operator's token: it is in the scheduler's data folder`,
        );
      }
      return new DeployerSession(core, client, true);
    case 'worker':
      if (hello.worker === undefined) {
        throw new ManyhandsError('MESSAGE_MALFORMED', 'a worker must describe itself', {
          path: 'hello.worker',
        });
      }
      return new WorkerSession(core, client, hello.worker);
  }
}

/** Compares in a time that does not tell how much is right. */
function isSame(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < b.length; i++) difference |= (a.charCodeAt(i) || 0) ^ b.charCodeAt(i);
  return difference === 0;
}
