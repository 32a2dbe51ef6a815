/**
 * What a channel is: one way in which job code might reach out, as data, so that every runner tries the same ones.
 * @module
 */

/**
 * Where an attack is seen to work without the defence: a Worker or a document of an ordinary page, Node, Pyodide in an
 * ordinary Worker, CPython, or a Worker that holds its port as a harness without care would.
 */
export type Control = 'worker' | 'document' | 'node' | 'pyodide' | 'cpython' | 'careless';

/** What would see it: sockets, the names that the browser asks for, or the attack itself by what it gets. */
export type SeenBy = 'tcp' | 'udp' | 'dns' | 'itself';

export interface Channel {
  /** Part of a host name: letters, digits and hyphens. */
  readonly id: string;
  readonly worktime: 'map-basic' | 'pyodide';
  /**
   * The body of an async function of `t` (see `Targets`). It is through where it returns something true; to throw, or
   * to return nothing, is to fail.
   */
  readonly attack: string;
  readonly control: Control;
  readonly seenBy: SeenBy;
  /** Needs a job of its own: it breaks what others need, or waits for a later slice (`t.turn` from 1). */
  readonly alone?: boolean;
}

/** What an attack is told; every address is a listener's, and a name of its own tells who asked for it. */
export interface Targets {
  readonly id: string;
  /** The name of the listener, `ID.escape.test`, or an address where names cannot be mapped. */
  readonly host: string;
  readonly port: number;
  readonly udp: number;
  /** `http://HOST:PORT/ID` */
  readonly http: string;
  readonly ws: string;
  /** A file that holds the word `secret`, for attacks on files. */
  readonly file: string;
  readonly turn: number;
}

type Row = readonly [id: string, seenBy: SeenBy, attack: string];

/** Channels that share their worktime and their control. */
export function channels(
  worktime: Channel['worktime'],
  control: Control,
  rows: readonly Row[],
  alone = false,
): Channel[] {
  return rows.map(([id, seenBy, attack]) => ({
    id,
    worktime,
    attack,
    control,
    seenBy,
    ...(alone ? { alone } : {}),
  }));
}
