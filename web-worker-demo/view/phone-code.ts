/**
 * A QR code of this page's own address, to open it on a phone.
 * @module
 */
import { byId, setText } from './dom.js';
import { t } from './page-text.js';

const SVG = 'http://www.w3.org/2000/svg';
/** Width of the white margin, in modules; ISO/IEC 18004 requires 4. */
const QUIET = 4;
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** Draws the code when its section is opened. */
export function bindPhoneCode(): void {
  byId('phone', HTMLDetailsElement).addEventListener('toggle', () => void drawPhoneCode());
}

export async function drawPhoneCode(): Promise<void> {
  // On another machine `localhost` is that machine.
  const isHere = LOOPBACK.test(location.hostname);
  setText(byId('phone-text'), t(isHere ? 'phone.here' : 'phone.text'));
  byId('phone-code').hidden = isHere;
  setText(byId('phone-address'), isHere ? '' : location.origin);
  if (isHere || !byId('phone', HTMLDetailsElement).open || byId('phone-code').hasChildNodes()) return;
  const { encode } = await import('uqr');
  const { data, size } = encode(`${location.origin}/`, { border: 0 });
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `${-QUIET} ${-QUIET} ${size + 2 * QUIET} ${size + 2 * QUIET}`);
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', t('phone.code', { address: location.origin }));
  const path = document.createElementNS(SVG, 'path');
  const squares = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : '')));
  path.setAttribute('d', squares.join(''));
  svg.append(path);
  byId('phone-code').replaceChildren(svg);
}
