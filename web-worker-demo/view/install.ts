/**
 * Installing: the shell works offline by a service worker, and browsers that can install a page get a button for it.
 * @module
 */
import { button } from './dom.js';

interface InstallPrompt extends Event {
  prompt(): Promise<unknown>;
}

export function bindInstall(): void {
  // Only a secure context has it; a refusal (a private window) costs nothing but the offline shell.
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
