/**
 * The start button, and beside it the state, its reason, and what the donor can do about it.
 * @module
 */
import { isRunning, type DonorStatus, type PauseReason } from '../donor/donor-events.js';
import type { Settings } from '../donor/settings.js';
import type { Values } from '../i18n/translate.js';
import type { MessageKey } from '../i18n/en.js';
import { button, byId, make, setText } from './dom.js';
import { language, setMessage, t } from './page-text.js';

/** The actions of the buttons beside the state. */
export interface StateActions {
  tryNow: () => void;
  reload: () => void;
  change: (patch: Partial<Settings>) => void;
  /** Brings the questions into view. */
  showQuestions: () => void;
}

interface Remedy {
  key: MessageKey;
  act: (actions: StateActions, settings: Readonly<Settings>) => void;
}
interface Shown {
  text: string;
  why: string;
  remedies: Remedy[];
}

/** How much more data a click allows, MiB. */
const MORE_MEBIBYTES = 1_024;

const RELOAD: Remedy = { key: 'remedy.reload', act: ({ reload }) => reload() };
const setting = (key: MessageKey, patch: Partial<Settings>): Remedy => ({
  key,
  act: ({ change }) => change(patch),
});

/** What the donor can do to end a pause; undefined if nothing. */
const AGAINST_PAUSE: Record<PauseReason, Remedy | undefined> = {
  battery: setting('remedy.battery', { onlyPlugged: false }),
  metered: setting('remedy.metered', { avoidMetered: false }),
  active: setting('remedy.active', { onlyIdle: false }),
  pressure: setting('remedy.pressure', { pauseUnderPressure: false }),
  hours: setting('remedy.hours', { hours: '' }),
  snooze: setting('remedy.snooze', { snoozeUntilMs: 0 }),
  bytes: {
    key: 'remedy.bytes',
    act: ({ change }, { mebibytesPerDay }) => change({ mebibytesPerDay: mebibytesPerDay + MORE_MEBIBYTES }),
  },
  site: undefined,
};

/** The settings of the last drawing. */
let current: Readonly<Settings>;

const RELOAD_HELPS = ['PROTOCOL_VERSION', 'ISOLATION_UNAVAILABLE'];

/** `questions`: how many wait for the donor's answer. `settings`: as they are now. */
export function drawState(
  status: DonorStatus,
  questions: number,
  settings: Readonly<Settings>,
  actions: StateActions,
): void {
  const { phase } = status;
  byId('state').dataset.state = phase;
  const power = button('power');
  const running = isRunning(phase);
  power.dataset.running = String(running);
  setMessage(byId('power-text'), running ? 'power.stop' : 'power.start');
  // Not `disabled`: a disabled button would lose the focus.
  power.setAttribute('aria-disabled', String(phase === 'stopping' || cannotCompute()));
  const { text, why, remedies } = shownOf(status, questions, settings);
  setText(byId('state-text'), text);
  setText(byId('state-why'), why);
  drawRemedies(remedies, settings, actions);
}

/** Whether this browser lacks Web Workers. */
export const cannotCompute = (): boolean => typeof Worker === 'undefined';

function shownOf(status: DonorStatus, questions: number, settings: Readonly<Settings>): Shown {
  const { phase, pausedBy, failure } = status;
  if (cannotCompute()) return { text: t('phase.unable'), why: t('notes.noWorkers'), remedies: [] };
  const open: Remedy[] =
    questions > 0 ? [{ key: 'remedy.questions', act: ({ showQuestions }) => showQuestions() }] : [];
  const why = questions > 0 ? t('why.questions', { count: questions }) : '';
  switch (phase) {
    case 'paused': {
      const list = new Intl.ListFormat(language(), { type: 'conjunction' });
      const reasons = list.format(pausedBy.map((reason) => t(`paused.${reason}`, valuesOf(settings))));
      const against = pausedBy.map((reason) => AGAINST_PAUSE[reason]).filter((one) => one !== undefined);
      return { text: t('phase.paused', { reasons }), why, remedies: [...against, ...open] };
    }
    case 'offline': {
      const key = navigator.onLine ? 'why.offline' : 'why.noNetwork';
      return {
        text: t('phase.offline'),
        why: t(key),
        remedies: [{ key: 'remedy.tryNow', act: (a) => a.tryNow() }],
      };
    }
    case 'lost':
      return { text: t('phase.lost'), why: t('why.lost'), remedies: [] };
    case 'finishing':
      return { text: t('phase.finishing'), why: t('why.finishing'), remedies: [] };
    case 'failed': {
      const helps = RELOAD_HELPS.includes(failure?.code ?? '');
      const said = failure === undefined ? '' : t(failure.entry.key, failure.entry.values);
      return { text: t('phase.failed'), why: said, remedies: helps ? [RELOAD] : [] };
    }
    case 'connected':
      if (questions > 0) return { text: t('phase.asking'), why, remedies: open };
      return { text: t('phase.connected'), why: t('why.connected'), remedies: [] };
    default:
      return { text: t(`phase.${phase}`), why, remedies: open };
  }
}

function valuesOf({ hours, snoozeUntilMs }: Readonly<Settings>): Values {
  const until = new Intl.DateTimeFormat(language(), { timeStyle: 'short' }).format(new Date(snoozeUntilMs));
  return { hours: hours.replace('-', '\u2013'), until };
}

/** Buttons that are there already stay, so that they keep the focus. */
function drawRemedies(remedies: Remedy[], settings: Readonly<Settings>, actions: StateActions): void {
  current = settings;
  const box = byId('remedies');
  const wanted = `${remedies.map(({ key }) => key).join()} ${language()}`;
  box.hidden = remedies.length === 0;
  if (box.dataset.shown === wanted) return;
  box.dataset.shown = wanted;
  const buttons = remedies.map(({ key, act }) => {
    const made = make('button', { type: 'button', class: 'remedy', text: t(key) });
    made.addEventListener('click', () => act(actions, current));
    return made;
  });
  box.replaceChildren(...buttons);
}
