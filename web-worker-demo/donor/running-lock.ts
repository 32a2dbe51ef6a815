/**
 * Keeps a hidden tab running: browsers do not freeze a page that holds a Web Lock. Without Web Locks (a page over plain
 * HTTP) the browser may throttle a hidden tab; it still computes.
 * @module
 */

const LOCK = 'manyhands-running';

/** How many tabs of this browser run a worker now; 0 if the browser cannot tell. */
export async function tabsRunning(): Promise<number> {
  const found = await navigator.locks?.query().catch(() => undefined);
  return found?.held?.filter(({ name }) => name === LOCK).length ?? 0;
}

/** Holds the lock until the returned function is called. */
export function holdRunningLock(): () => void {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  // Shared: a second tab of this site may run a worker too.
  navigator.locks?.request(LOCK, { mode: 'shared' }, () => held).catch(() => undefined);
  return release;
}
