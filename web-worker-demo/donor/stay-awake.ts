/**
 * Keeps a hidden tab at work: a page that holds a Web Lock is not frozen. Where there are no locks (a page over plain
 * HTTP) the browser may slow a hidden tab down; it computes all the same.
 * @module
 */

const LOCK = 'manyhands-running';

/** How many tabs of this browser lend now; 0 where the browser does not tell. */
export async function tabsRunning(): Promise<number> {
  const found = await navigator.locks?.query().catch(() => undefined);
  return found?.held?.filter(({ name }) => name === LOCK).length ?? 0;
}

/** Holds a lock until the answered function is called. */
export function stayAwake(): () => void {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  // Shared: a second tab of this site may lend too.
  navigator.locks?.request(LOCK, { mode: 'shared' }, () => held).catch(() => undefined);
  return release;
}
