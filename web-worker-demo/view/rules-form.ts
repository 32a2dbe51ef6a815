/**
 * The sections "How much" and "When": controls that are bound to one setting each. Conditions that this browser cannot
 * observe are hidden.
 * @module
 */
import { askForIdlePermission } from '../donor/condition-sources.js';
import type { ConditionSources } from '../donor/conditions.js';
import { amountOf, presetOf, PRESETS } from '../donor/presets.js';
import type { SettingsBox } from '../donor/settings-box.js';
import type { Settings } from '../donor/settings.js';
import type { MessageKey } from '../i18n/en.js';
import { formatNumber } from '../format.js';
import { byId, input, setText } from './dom.js';
import { language, t } from './page-text.js';

const FLAGS = [
  'onlyPlugged',
  'avoidMetered',
  'onlyIdle',
  'pauseUnderPressure',
  'autostart',
  'publicGroup',
  'askBeforeNewOwner',
] as const;

const NEEDS: [setting: (typeof FLAGS)[number], source: keyof ConditionSources, name: MessageKey][] = [
  ['onlyPlugged', 'battery', 'when.missingBattery'],
  ['avoidMetered', 'metered', 'when.missingMetered'],
  ['onlyIdle', 'active', 'when.missingActive'],
  ['pauseUnderPressure', 'pressure', 'when.missingPressure'],
];

let idleDenied = false;
/** The first suggestion for the hours of the day. */
const NIGHT = '22:00-07:00';

/** The flags of this document; the embedded one has only some of them. */
const flagsHere = (): (typeof FLAGS)[number][] =>
  FLAGS.filter((flag) => document.getElementById(flag) !== null);

/** `cores`: how many this machine has. */
export function bindRules(box: SettingsBox, cores: number): void {
  input('cores').max = String(cores);
  input('cores').addEventListener('input', () => box.change({ cores: input('cores').valueAsNumber }));
  input('share').addEventListener('input', () => box.change({ share: input('share').valueAsNumber / 100 }));
  for (const radio of presetRadios()) {
    const preset = PRESETS.find((one) => one === radio.value);
    radio.addEventListener('change', () => {
      if (preset !== undefined) box.change(amountOf(preset, cores));
    });
  }
  bindHours(box);
  input('mebibytes').addEventListener('change', () =>
    box.change({ mebibytesPerDay: input('mebibytes').valueAsNumber }),
  );
  for (const flag of flagsHere()) {
    if (flag === 'onlyIdle') continue;
    input(flag).addEventListener('change', () => box.change({ [flag]: input(flag).checked }));
  }
  input('onlyIdle').addEventListener('change', () => void changeIdle(box));
}

const presetRadios = (): HTMLInputElement[] => [
  ...document.querySelectorAll<HTMLInputElement>('input[name="preset"]'),
];

function bindHours(box: SettingsBox): void {
  const take = (): void => {
    const [from, to] = [input('hours-from').value, input('hours-to').value];
    const isWrong = from === '' || to === '' || from === to;
    setText(byId('hours-error'), isWrong ? t('when.hoursInvalid') : '');
    if (!isWrong) box.change({ hours: `${from}-${to}` });
  };
  for (const id of ['hours-from', 'hours-to']) input(id).addEventListener('change', take);
  input('hours-on').addEventListener('change', () => {
    setText(byId('hours-error'), '');
    box.change({ hours: input('hours-on').checked ? NIGHT : '' });
  });
}

function drawHours({ hours }: Readonly<Settings>): void {
  input('hours-on').checked = hours !== '';
  byId('hours-row').hidden = hours === '';
  const [from = '', to = ''] = hours.split('-');
  if (document.activeElement !== input('hours-from')) input('hours-from').value = from;
  if (document.activeElement !== input('hours-to')) input('hours-to').value = to;
}

/** Asks for the browser's permission in the handler of the click, as browsers require. */
async function changeIdle(box: SettingsBox): Promise<void> {
  const wanted = input('onlyIdle').checked;
  const allowed = wanted && (await askForIdlePermission().catch(() => false));
  idleDenied = wanted && !allowed;
  box.change({ onlyIdle: allowed });
}

/** `cores`: how many this machine has. */
export function drawMuch({ cores: chosen, share }: Readonly<Settings>, cores: number): void {
  drawRange('cores', chosen, t('much.coresValue', { cores: chosen, all: cores }));
  const preset = presetOf({ cores: chosen, share }, cores) ?? 'own';
  for (const radio of presetRadios()) radio.checked = radio.value === preset;
  const percent = Math.round(share * 100);
  drawRange('share', percent, `${formatNumber(percent, language())} %`);
}

/** Shows the value beside the slider, and sets it as the text for screen readers. */
function drawRange(id: 'cores' | 'share', value: number, words: string): void {
  input(id).value = String(value);
  input(id).setAttribute('aria-valuetext', words);
  setText(byId(`${id}-value`), words);
}

export function drawRules(box: SettingsBox, cores: number, sources: ConditionSources): void {
  const { now } = box;
  drawMuch(now, cores);
  if (document.activeElement !== input('mebibytes')) input('mebibytes').value = String(now.mebibytesPerDay);
  for (const flag of flagsHere()) input(flag).checked = now[flag];
  drawHours(now);
  drawMissing(sources);
}

/** Without a group only public jobs can run, so the box is checked and disabled. */
export function drawPublicGroup({ now }: SettingsBox): void {
  input('publicGroup').disabled = now.groups.length === 0;
  if (now.groups.length === 0) input('publicGroup').checked = true;
}

function drawMissing(sources: ConditionSources): void {
  const missing = NEEDS.filter(([, source]) => sources[source] === undefined);
  for (const [flag, source] of NEEDS) {
    const label = input(flag).closest('label')!;
    label.hidden = sources[source] === undefined;
  }
  const lines: string[] = [];
  if (missing.length > 0) {
    const list = new Intl.ListFormat(language(), { type: 'conjunction' }).format(
      missing.map(([, , name]) => t(name)),
    );
    lines.push(t('when.missing', { count: missing.length, list }));
  }
  if (idleDenied) lines.push(t('when.idleDenied'));
  setText(byId('when-note'), lines.join(' '));
  byId('when-note').hidden = lines.length === 0;
}
