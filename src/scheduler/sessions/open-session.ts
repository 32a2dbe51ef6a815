/**
 * Accepts connections, and opens the session for a hello by its role.
 * @module
 */
import { ManyhandsError, toWireError } from '../../lib/errors.js';
import { encodeMessage } from '../../protocol/wire/codec.js';
import type { Hello } from '../../protocol/messages/messages.js';
import type { Connection } from '../../transport/transport.js';
import { ClientConnection } from './client-connection.js';
import type { Session } from './session.js';
import type { SchedulerNode } from '../services/scheduler-node.js';
import { DeployerSession } from './deployer-session.js';
import { WorkerSession } from './worker-session.js';

/** RFC 6455: policy violation. */
const CLOSE_POLICY = 1008;

/** Accepts a new connection of a client, unless its address is banned. */
export function acceptClient(node: SchedulerNode, connection: Connection): void {
  const banned = node.bans.refusal({ peer: connection.peer });
  if (banned !== undefined) {
    node.options.log('info', 'refused', { peer: connection.peer, code: banned.code, reason: banned.message });
    return refuseClient(connection, banned);
  }
  new ClientConnection(node, connection, (client, hello) => openSession(node, client, hello));
}

/** Sends the reason as `goodbye` and closes: a browser gives its page no reason for a refused handshake. */
export function refuseClient(connection: Connection, error: ManyhandsError): void {
  connection.handle({ message: () => undefined, close: () => undefined });
  connection.send(encodeMessage({ type: 'goodbye', error: toWireError(error) }));
  connection.close(CLOSE_POLICY, error.code);
}

function openSession(node: SchedulerNode, client: ClientConnection, hello: Hello): Session {
  switch (hello.role) {
    case 'deployer':
      return new DeployerSession(node, client, false);
    case 'operator':
      node.services.identities.checkOperatorToken(hello.operatorToken ?? '');
      return new DeployerSession(node, client, true);
    case 'worker':
      if (hello.worker === undefined) {
        throw new ManyhandsError('MESSAGE_MALFORMED', 'the hello of a worker must have its description', {
          path: 'hello.worker',
        });
      }
      return new WorkerSession(node, client, hello.worker);
  }
}
