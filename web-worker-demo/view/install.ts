/**
 * Installation as an app: registers the service worker, and shows a button in browsers that can install the page.
 * @module
 */
import { button } from './dom.js';

interface InstallPrompt extends Event {
  prompt(): Promise<unknown>;
}

export function bindInstall(): void {
  // Secure contexts only; without it (also in a private window) the page does not work offline.
  navigator.serviceWorker?.register('/sw.js').catch(() => undefined);
  let offered: InstallPrompt | undefined;
  addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault();
    offered = event as InstallPrompt;
    button('install').hidden = false;
  });
  addEventListener('appinstalled', () => (button('install').hidden = true));
  button('install').addEventListener('click', () => void offered?.prompt());
}
