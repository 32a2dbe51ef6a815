/**
 * The wire between a page and the sandbox frame that it put up: types only. The page calls the frame's control by
 * comlink. The frame never gets a comlink endpoint of the page, since a comlink peer can reach the constructors of
 * what it is given: what it has to say comes as plain notices, which the page checks.
 * @module
 */

/** The one message to the frame's window: it brings the two ports. */
export const CONNECT_MESSAGE = 'manyhands.frame.connect';

/**
 * The first message to a sandbox's Worker: it brings the port to the page's supervisor, and the one over which this
 * frame hands in compiled modules.
 */
export interface WorkerPortMessage {
  type: 'port';
}

/** What the frame does for the page. Answers are values, never exceptions: comlink drops an error's code. */
export interface FrameControl {
  /** Hands in the sandbox script, and asks whether this document is as isolated as it should be. */
  prepare(script: Uint8Array): Promise<FrameReport>;
  /** Starts a Worker whose messages go over `port`; an id is used once. */
  startSandbox(id: number, port: MessagePort): Promise<void>;
  /** Compiles a module ahead of the sandboxes that will want it. `key` stands for the same bytes ever after. */
  compileModule(key: string, source: Blob): Promise<void>;
  /** Hands a sandbox a module, compiled here; answers before that is done. */
  giveModule(id: number, key: string, source: Blob): Promise<void>;
  /** Terminates a Worker; one that is not known is gone already. */
  killSandbox(id: number): Promise<void>;
  /** Answers, which is all that is asked of it. */
  ping(): Promise<void>;
}

export interface FrameReport {
  isolated: boolean;
  /** What is missing, for people; empty where nothing is. */
  finding: string;
}

/** A sandbox ended by itself. */
export interface FrameNotice {
  type: 'exit';
  id: number;
  reason: string;
}
