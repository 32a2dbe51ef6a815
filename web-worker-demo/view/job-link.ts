/**
 * The link that a job gives of itself: where it leads stands in it, for its text is a stranger's choice.
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
  // The host as the browser writes it: look-alike letters stand as punycode.
  const { host } = new URL(href);
  link.textContent = `${t('running.link')} · ${host}\u00a0↗`;
  link.title = t('running.linkTo', { host });
}
