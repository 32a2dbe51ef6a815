/**
 * The embedded document: the donor's page in small, inside a frame of another site. It starts by the visitor's own
 * press in it, or, where they have said so for this site before, when it is in view.
 * @module
 */
import { browserSources } from './donor/condition-sources.js';
import { Donor } from './donor/donor.js';
import { isRunning, type LogEntry } from './donor/donor-events.js';
import { codeOf } from './donor/failures.js';
import { HostSite } from './donor/host-site.js';
import { OwnClick, SEEN_MS } from './donor/own-click.js';
import { OpenQuestions } from './donor/open-questions.js';
import { openPageStore } from './donor/page-store.js';
import { SettingsBox } from './donor/settings-box.js';
import { narrow, readWish, sameWish, type Wish } from './donor/site-wish.js';
import { StandingConsent } from './donor/standing-consent.js';
import { bindActions, drawActions } from './view/actions.js';
import type { BlockChoice } from './view/block-row.js';
import { bindCredits, drawAccount, drawCredits } from './view/credits-form.js';
import { button, byId, input, setText } from './view/dom.js';
import { drawJobs } from './view/job-cards.js';
import { bindAdmitted, drawAdmitted, drawBlocked } from './view/lists-form.js';
import { speak, t } from './view/page-text.js';
import { wear } from './view/preferences.js';
import { drawQuestions } from './view/question-list.js';
import { bindRules, drawRules } from './view/rules-form.js';
import { drawWish } from './view/site-words.js';
import { cannotCompute, drawState } from './view/state-box.js';
import { drawBusy, drawSums } from './view/status-view.js';
import { SteadyHeight } from './view/steady-height.js';

const cores = navigator.hardwareConcurrency || 1;
const store = openPageStore();
const box = new SettingsBox(store, cores);
const consent = new StandingConsent(store);
const sources = browserSources();
/** Kept while this tab is on the site, through its pages: who has stopped it is not started by the next one. */
const visit = openPageStore(() => sessionStorage);
const STOPPED = 'stopped';
/** Whether a site's wish that the visitor is asked has been taken over, once. */
const ASKED = 'asked-for-site';

let wish: Wish = { groups: [] };
/** Since when it is this one. */
let wishMs = -Infinity;
/** What stood there when the visitor started it. */
let agreed: Wish | undefined;
let dress: { lang?: string | undefined; theme?: string | undefined; autostart?: boolean } = {};
let wasRunning = false;
let drawing = false;

const site = new HostSite({
  configure: (asked) => {
    const next = readWish(asked);
    if (!sameWish(wish, next)) wishMs = performance.now();
    wish = next;
    dress = asked;
    if (asked.askFirst === true && store.read(ASKED) !== true) {
      store.write(ASKED, true);
      box.change({ askBeforeNewOwner: true });
    }
    obey();
    drawAll();
    // The frame may have its height already, and had nobody to tell it to.
    tellHeight();
    startByItself();
  },
  stop: () => void stop(),
});

const questions = new OpenQuestions({ box, say: tellTrouble, changed: draw, joined: () => undefined });
const donor = new Donor({
  scheduler: location.origin,
  store,
  // Its policy lets it reach the scheduler alone, whatever the donor's own page allows.
  settings: () => ({ ...box.now, allowOrigins: [] }),
  admit: questions.admit,
  say: tellTrouble,
  changed: draw,
  sources,
  born: (worker) => {
    worker.on('result', (taken) => site.result(taken));
    worker.on('payment', ({ jobId, amount }) => site.tell({ type: 'payment', jobId, amount }));
  },
  failed: (error) => {
    const message = error instanceof Error ? error.message : String(error);
    site.tell({ type: 'error', code: codeOf(error) ?? 'INTERNAL', message });
  },
});

const stateActions = {
  tryNow: () => donor.tryNow(),
  reload: () => location.reload(),
  change: (patch: Parameters<typeof box.change>[0]) => box.change(patch),
  showQuestions: () => byId('questions-title').focus(),
};
document.documentElement.dataset.ready = 'true';
const jobsPlace = new SteadyHeight(byId('embed-running'));
const actionsPlace = new SteadyHeight(byId('actions'));
const click = new OwnClick(button('power'));
button('power').addEventListener('click', (event) => {
  // It does what is written on it, which may be a moment old.
  if (button('power').dataset.running === 'true') return void stop();
  void isMeant(click, event).then((meant) => {
    if (meant) start(wish);
  });
});
const alwaysClick = new OwnClick(byId('always-row'));
input('always').addEventListener('click', (event) => {
  const { origin } = site;
  if (origin === undefined) return event.preventDefault();
  if (!input('always').checked) return consent.takeBack(origin);
  void isMeant(alwaysClick, event).then((meant) => {
    if (meant && input('always').checked) consent.give(origin, wish);
    input('always').checked = consent.given(origin) !== undefined;
  });
});
document.addEventListener('visibilitychange', startByItself);
bindRules(box, cores);
bindAdmitted(box);
bindCredits(box, () => undefined);
bindActions(box, () => void donor.finish());
box.onChange(() => {
  drawAll();
  void donor.settingsChanged();
  if (questions.takeRoom()) donor.askAgain();
});
new ResizeObserver(() => tellHeight()).observe(byId('hero'));
drawAll();

/** Whether a press is the visitor's own, and what the site asks for stood there before it and stands there still. */
async function isMeant(by: OwnClick, event: Event): Promise<boolean> {
  const read = performance.now() - wishMs >= SEEN_MS ? wish : undefined;
  const own = await by.confirms(event);
  const meant = own && read !== undefined && sameWish(read, wish);
  setText(byId('hidden-note'), meant ? '' : t('embed.hidden'));
  return meant;
}

/** `terms`: what the visitor agrees to; the site has no more from it until they press again. */
function start(terms: Wish): void {
  if (isBusy() || cannotCompute() || terms.rest === true) return;
  visit.write(STOPPED, false);
  agreed = terms;
  obey();
  donor.start();
}

/** Where the visitor has given their word for this site, and has not stopped it in this visit. */
function startByItself(): void {
  if (dress.autostart !== true || document.visibilityState !== 'visible') return;
  if (isBusy() || visit.read(STOPPED) === true) return;
  const given = consent.given(site.origin, wish.groups);
  const terms = given && narrow(given, wish);
  if (terms !== undefined && terms.rest !== true) start(terms);
}

async function stop(): Promise<void> {
  if (donor.running) visit.write(STOPPED, true);
  questions.close();
  await donor.stop();
  if (isBusy()) return;
  agreed = undefined;
  obey();
}

function isBusy(): boolean {
  return donor.running || donor.status.phase === 'stopping';
}

/** What the site wishes is in force at once, as far as it is no more than what the visitor started. */
function obey(): void {
  donor.limit(agreed === undefined ? wish : narrow(agreed, wish));
}

function block(what: 'job' | 'owner', { jobId: id, name, owner }: BlockChoice): void {
  if (what === 'job') box.change({ blockedJobs: [...box.now.blockedJobs, { id, name }] });
  else if (owner !== undefined) box.change({ blockedOwners: [...box.now.blockedOwners, owner] });
}

/** What went wrong is said here; all that goes well can be seen. */
function tellTrouble({ key, values, tone }: LogEntry): void {
  const bad = tone === 'bad';
  byId('trouble').hidden = !bad;
  setText(byId('trouble'), bad ? t(key, values) : '');
}

function drawAll(): void {
  const { lang, theme, autostart } = dress;
  speak(lang === 'en' || lang === 'de' ? lang : box.now.language);
  wear(theme === 'light' || theme === 'dark' ? theme : 'auto');
  const around = site.origin === undefined ? undefined : new URL(site.origin).host;
  drawWish(wish, around, Math.min(box.now.cores, wish.cores ?? cores));
  drawRules(box, cores, sources);
  drawAdmitted(box);
  drawBlocked(box);
  byId('forgotten').hidden = store.keeps;
  // What is not kept would be asked for in vain.
  const isKept = store.keeps && OwnClick.seesCovers;
  byId('always-row').hidden = around === undefined || autostart !== true || !isKept;
  setText(byId('always-text'), t('embed.always', { site: around ?? '' }));
  input('always').checked = consent.given(site.origin) !== undefined;
  drawCredits(box);
  draw();
}

function draw(): void {
  if (drawing) return;
  drawing = true;
  // A frame that is out of view is given no animation frames, and the site is told all the same.
  setTimeout(() => {
    drawing = false;
    drawNow();
  }, 100);
}

function drawNow(): void {
  const { status } = donor;
  const { phase, visit: sums, all, sandboxes, earned } = status;
  const asked = questions.list;
  drawState(status, asked.length, box.now, stateActions);
  drawActions(status);
  drawQuestions(asked, (id, answer) => questions.answer(id, answer));
  drawSums(all);
  drawBusy(status, sandboxes.filter(({ state }) => state === 'ready').length);
  drawAccount(status, box);
  const running = isRunning(phase);
  byId('figures').hidden = !running && all.slices === 0;
  byId('embed-running').hidden = !running;
  drawJobs(status, block);
  jobsPlace.keep();
  actionsPlace.keep();
  site.tell({ type: 'status', phase, running, ...sums, earned, sandboxes: sandboxes.length });
  if (running !== wasRunning) site.tell({ type: running ? 'start' : 'stop' });
  wasRunning = running;
}

function tellHeight(): void {
  site.tell({ type: 'height', height: Math.ceil(byId('hero').getBoundingClientRect().bottom) });
}
