/**
 * The events of the connection to a scheduler, which all jobs of one deployer share.
 * @module
 */

/** The connection to the scheduler was lost and is being made anew. */
export interface ReconnectingEvent {
  error: Error;
  message: string;
}

/** The connection is there again. */
export interface ReconnectedEvent {
  /** How long there was none, milliseconds. */
  downMs: number;
}

export interface ConnectionEvents {
  reconnecting: ReconnectingEvent;
  reconnected: ReconnectedEvent;
}
