/**
 * The interface between a connection and the session of its client.
 * @module
 */
import type { ClientMessage, Hello } from '../../protocol/messages/messages.js';

/** Handles the messages of one client. */
export interface Session {
  /** Answers a request. Requests are started in the order in which they arrived. */
  request(message: RequestMessage): Promise<PendingReply>;
  /** Handles a message without a reply. */
  notice(message: NoticeMessage): void;
  /** The socket has room again. */
  drained?(): void;
  /** The connection has ended. */
  end(): void;
}

export interface PendingReply {
  /** Resolves with the reply's body when it is committed; the next request starts without waiting for it. */
  readonly done: Promise<object>;
  /** Called after the reply is sent, for messages that must follow it. */
  readonly onSent?: () => void;
}

export type RequestMessage = Extract<ClientMessage, { id: number }>;

export type NoticeMessage = Exclude<ClientMessage, { id: number } | Hello>;

/** A reply that is complete. */
export const replyNow = (body: object): PendingReply => replyLater(Promise.resolve(body));

/** A reply whose body is known when a command is committed. */
export const replyLater = (done: Promise<object>): PendingReply => ({ done });
