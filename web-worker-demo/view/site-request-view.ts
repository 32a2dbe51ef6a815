/**
 * What a visitor reads beside the start button of the embedded document: for whom, how much, and which groups the site
 * adds.
 * @module
 */
import { NAME_SHOWN_MAX, safeText } from '../donor/safe-text.js';
import type { SiteRequest } from '../donor/site-request.js';
import { formatBytes, formatNumber } from '../format.js';
import { byId, setText } from './dom.js';
import { language, t } from './page-text.js';

/** `site`: its host, if it is known. `used`: the cores that would be used. */
export function drawSiteRequest(request: SiteRequest, site: string | undefined, used: number): void {
  const { host } = location;
  setText(
    byId('lead-text'),
    site === undefined ? t('embed.textAlone', { host }) : t('embed.text', { host, site }),
  );
  setText(byId('means'), t('embed.means', { cores: t('embed.cores', { count: used }) }));
  const names = request.groups.map(({ key }) =>
    t('embed.groupNamed', { name: safeText(key, NAME_SHOWN_MAX) }),
  );
  const list = new Intl.ListFormat(language(), { type: 'conjunction' }).format(names);
  const key = request.onlyGroups === true ? 'embed.onlyGroups' : 'embed.groups';
  const none = request.onlyGroups === true ? t('embed.noGroups') : '';
  show('groups-note', names.length === 0 ? none : t(key, { count: names.length, list, site: site ?? '' }));
  const caps = capsOf(request);
  show('site-caps', caps === '' ? '' : t('embed.caps', { site: site ?? '', list: caps }));
}

/** The site's limits as text: they apply even if a slider shows more. */
function capsOf({ cores, share, bytesPerDay }: SiteRequest): string {
  const words: string[] = [];
  if (cores !== undefined) words.push(t('embed.cores', { count: cores }));
  if (share !== undefined && share < 1)
    words.push(t('embed.capShare', { share: `${formatNumber(share * 100, language())} %` }));
  if (bytesPerDay !== undefined)
    words.push(t('embed.capData', { data: formatBytes(bytesPerDay, language()) }));
  return new Intl.ListFormat(language(), { type: 'conjunction' }).format(words);
}

function show(id: string, text: string): void {
  byId(id).hidden = text === '';
  setText(byId(id), text);
}
