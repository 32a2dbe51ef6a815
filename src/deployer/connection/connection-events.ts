/**
 * The events of the connection to a scheduler, which all jobs of one deployer share.
 * @module
 */

/** The connection to the scheduler was lost and is being reopened. */
export interface ReconnectingEvent {
  error: Error;
  message: string;
}

/** The connection is open again. */
export interface ReconnectedEvent {
  /** Time without a connection, milliseconds. */
  downMs: number;
}

export interface ConnectionEvents {
  reconnecting: ReconnectingEvent;
  reconnected: ReconnectedEvent;
}
