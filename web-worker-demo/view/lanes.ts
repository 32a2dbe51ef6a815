/**
 * A lane for each sandbox of a job: its slice, and the slice's progress if it reports any.
 * @module
 */
import type { SandboxStatus } from 'manyhands/worker';
import { formatNumber } from '../format.js';
import { make, setText } from './dom.js';
import { language, t } from './page-text.js';

/** `quick`: the slices are too short to be shown one by one. */
export function fillLanes(list: HTMLElement, sandboxes: readonly SandboxStatus[], quick: boolean): void {
  const old = new Map([...list.children].map((lane) => [(lane as HTMLElement).dataset.sandbox, lane]));
  const lanes = sandboxes.map((sandbox) => {
    const lane = (old.get(String(sandbox.sandbox)) as HTMLElement | undefined) ?? makeLane(sandbox.sandbox);
    fillLane(lane, quick ? { ...sandbox, sliceNumber: undefined, progress: undefined } : sandbox);
    return lane;
  });
  const same = lanes.length === list.children.length && lanes.every((lane, i) => list.children[i] === lane);
  if (!same) list.replaceChildren(...lanes);
}

function makeLane(sandbox: number): HTMLElement {
  const track = make('span', { class: 'track' }, make('span', { class: 'fill' }));
  const at = make('span', { class: 'at' });
  return make('li', { 'data-sandbox': String(sandbox) }, track, at);
}

function fillLane(lane: HTMLElement, { state, sliceNumber, progress }: SandboxStatus): void {
  const known = progress !== undefined && state === 'ready';
  const track = lane.querySelector<HTMLElement>('.track')!;
  track.dataset.known = String(known);
  if (known) {
    track.setAttribute('role', 'progressbar');
    track.setAttribute('aria-label', t('running.progress'));
    track.setAttribute('aria-valuenow', String(Math.round(progress * 100)));
  } else for (const name of ['role', 'aria-label', 'aria-valuenow']) track.removeAttribute(name);
  track.querySelector<HTMLElement>('.fill')!.style.width = known ? `${progress * 100}%` : '';
  const number = sliceNumber === undefined ? undefined : formatNumber(sliceNumber, language());
  const working = number === undefined ? t('running.atWork') : t('running.slice', { number });
  setText(lane.querySelector('.at')!, state === 'opening' ? t('running.starting') : working);
}
