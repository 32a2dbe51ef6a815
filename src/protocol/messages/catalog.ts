/**
 * Every message of the protocol with the schema of its fields: the JSON Schema, the tables of docs/protocol.md and the
 * messages of the fuzz tests are made from this list.
 * @module
 */
import type { Schema } from '../schema/check.js';
import { hello, welcome } from './handshake.js';
import { CLIENT_NOTICES, REQUESTS } from './messages.js';
import { refusal, reply, SCHEDULER_NOTICES } from './scheduler-messages.js';

export interface MessageDeclaration {
  readonly type: string;
  readonly sender: 'client' | 'scheduler';
  /** Without `type`, and without the `id` of a request. */
  readonly fields: Schema;
  /** Of a request: the body of its reply. */
  readonly reply?: Schema;
}

export const MESSAGE_CATALOG: readonly MessageDeclaration[] = [
  { type: 'hello', sender: 'client', fields: hello.schema },
  ...Object.entries(REQUESTS).map(([type, checks]): MessageDeclaration => ({
    type,
    sender: 'client',
    fields: checks.request.schema,
    reply: checks.reply.schema,
  })),
  ...declared('client', CLIENT_NOTICES),
  { type: 'welcome', sender: 'scheduler', fields: welcome.schema },
  { type: 'reply', sender: 'scheduler', fields: reply.schema },
  { type: 'refusal', sender: 'scheduler', fields: refusal.schema },
  ...declared('scheduler', SCHEDULER_NOTICES),
];

function declared(
  sender: MessageDeclaration['sender'],
  notices: Readonly<Record<string, { readonly schema: Schema }>>,
): MessageDeclaration[] {
  return Object.entries(notices).map(([type, { schema }]) => ({ type, sender, fields: schema }));
}
