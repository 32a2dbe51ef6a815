/**
 * The link of a job: its text shows the host that it leads to, since the address is untrusted.
 * @module
 */
import { make } from './dom.js';
import { t } from './page-text.js';

/** `href`: a checked address; see `safeLink`. */
export function jobLink(href: string): HTMLAnchorElement {
  const link = make('a', { class: 'job-link', target: '_blank', rel: 'noopener noreferrer' });
  fillJobLink(link, href);
  return link;
}

export function fillJobLink(link: HTMLAnchorElement, href: string): void {
  link.href = href;
  // The host as the browser normalizes it: look-alike letters are shown as punycode.
  const { host } = new URL(href);
  link.textContent = `${t('running.link')} · ${host}\u00a0↗`;
  link.title = t('running.linkTo', { host });
}
