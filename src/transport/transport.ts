/**
 * The transport port: whole binary messages, in order, both ways. `ws-node`, `ws-browser` and `memory` implement it;
 * one contract suite checks them all.
 * @module
 */
export interface CloseInfo {
  code: number;
  reason: string;
}

/** One open connection. Handlers are set once, at once after it is had; messages before that are kept. */
export interface Connection {
  send(bytes: Uint8Array): void;
  /** Bytes that were sent and have not left this process. */
  readonly bufferedBytes: number;
  /** Starts closing; `onClose` is called once, in any case. */
  close(code?: number, reason?: string): void;
  /** Stops reading, so that the peer feels it; `resume` goes on. */
  pause(): void;
  resume(): void;
  handle(handlers: { message(bytes: Uint8Array): void; close(info: CloseInfo): void; drain?(): void }): void;
  /** For the logs: the peer's address where it is known. */
  readonly peer: string;
}

/** Opens a connection or rejects with `CONNECT_FAILED`. */
export type Connect = (url: string, options?: { signal?: AbortSignal }) => Promise<Connection>;
