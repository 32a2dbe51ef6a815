/**
 * Messages between a page and its sandbox frame: types only. The page calls the frame through comlink. The frame never
 * gets a comlink endpoint of the page, since a comlink peer can reach the constructors of the objects that it is given:
 * it sends plain notices, which the page checks.
 * @module
 */

/** The only message to the frame's window: it transfers the two ports. */
export const CONNECT_MESSAGE = 'manyhands.frame.connect';

/**
 * The first message to a sandbox's Worker: it transfers the port to the page's supervisor, and the port on which the frame
 * sends compiled modules.
 */
export interface WorkerPortMessage {
  type: 'port';
}

/** Calls from the page. Results are values, never exceptions: comlink drops the code of an error. */
export interface FrameControl {
  /** Sets the sandbox script, and checks the isolation of the frame's document. */
  prepare(script: Uint8Array): Promise<FrameReport>;
  /** Starts a Worker that communicates over `port`; each id is used once. */
  startSandbox(id: number, port: MessagePort): Promise<void>;
  /** Compiles a module that sandboxes will need. A `key` always stands for the same bytes. */
  compileModule(key: string, source: Blob): Promise<void>;
  /** Compiles a module and sends it to a sandbox; resolves before that is done. */
  giveModule(id: number, key: string, source: Blob): Promise<void>;
  /** Terminates a Worker; an unknown id is ignored. */
  killSandbox(id: number): Promise<void>;
  /** Resolves at once: shows that the frame is alive. */
  ping(): Promise<void>;
}

export interface FrameReport {
  isolated: boolean;
  /** What is missing, for people; empty if nothing is. */
  finding: string;
}

/** A sandbox ended without being killed. */
export interface FrameNotice {
  type: 'exit';
  id: number;
  reason: string;
}
