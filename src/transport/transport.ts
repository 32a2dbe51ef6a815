/**
 * The transport port: whole binary messages, in order, both ways. `ws-node`, `ws-browser` and `memory` implement it;
 * one contract suite checks them all.
 * @module
 */
export interface CloseInfo {
  code: number;
  reason: string;
}

/** One open connection. Its handlers are set once; messages that arrive before are queued. */
export interface Connection {
  send(bytes: Uint8Array): void;
  /** Bytes passed to `send` that are still in this process. */
  readonly bufferedBytes: number;
  /** Starts closing; the handler `close` is called exactly once, however the connection ends. */
  close(code?: number, reason?: string): void;
  /** Stops reading, so that the peer's send buffer fills up; `resume` reads again. */
  pause(): void;
  resume(): void;
  handle(handlers: { message(bytes: Uint8Array): void; close(info: CloseInfo): void; drain?(): void }): void;
  /** The peer's address where it is known, for logs. */
  readonly peer: string;
}

/** Opens a connection. @throws CONNECT_FAILED */
export type Connect = (url: string, options?: { signal?: AbortSignal }) => Promise<Connection>;
