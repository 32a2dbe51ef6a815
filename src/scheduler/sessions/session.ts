/**
 * What a connection asks of the session behind it, whoever its client is.
 * @module
 */
import type { ClientMessage, Hello } from '../../protocol/messages/messages.js';

/** What a session does with its client's messages. */
export interface Session {
  /** Answers a request. Requests are begun in the order in which they came. */
  request(message: RequestMessage): Promise<Answer>;
  notice(message: NoticeMessage): void;
  /** Little is left unsent on the socket, after there was much. */
  drained?(): void;
  /** The socket is gone, or nothing is sent over it any more. */
  end(): void;
}

export interface Answer {
  /** Settles when the answer is committed; the next request is begun without waiting for it. */
  readonly done: Promise<object>;
  /** Called when the reply is on its way: what belongs behind it. */
  readonly sent?: () => void;
}

export type RequestMessage = Extract<ClientMessage, { id: number }>;

export type NoticeMessage = Exclude<ClientMessage, { id: number } | Hello>;
