/**
 * A TCP proxy whose connections can be cut at any moment, as a network does; and one that stays away for a while.
 * @module
 */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface CutProxy {
  /** Where to connect in place of the target. */
  url: string;
  /** Connections that it has carried so far. */
  readonly carried: number;
  /** Destroys every connection, without a goodbye. */
  cut(): void;
  /** Cuts, and from now on turns away whoever comes. */
  goDown(): void;
  /** Carries again, all that comes from now on. */
  comeUp(): void;
  /** From now on bytes of both directions vanish, and nobody is told: a cable that is pulled. */
  swallow(): void;
  close(): Promise<void>;
}

/** A proxy on a free port of loopback. */
export async function startCutProxy(target: string): Promise<CutProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let carried = 0;
  let down = false;
  const server = createServer((near) => {
    if (down) {
      near.resetAndDestroy();
      return;
    }
    carried += 1;
    const far = connect(Number(port), hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get carried() {
      return carried;
    },
    cut,
    goDown: () => {
      down = true;
      cut();
    },
    comeUp: () => {
      down = false;
    },
    swallow: () => {
      for (const socket of sockets) socket.unpipe().resume();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
}
