/**
 * The embedded document: a small donor's page inside a frame of another site. It starts by the visitor's click in it
 * or, with a standing consent for this site, when the tab is visible.
 * @module
 */
import { browserSources } from './donor/condition-sources.js';
import { Donor } from './donor/donor.js';
import { isRunning, type LogEntry } from './donor/donor-events.js';
import { codeOf } from './donor/failures.js';
import { HostSite } from './donor/host-site.js';
import { UserGesture, VISIBLE_MS } from './donor/user-gesture.js';
import { OpenQuestions } from './donor/open-questions.js';
import { openPageStore } from './donor/page-store.js';
import { SettingsBox } from './donor/settings-box.js';
import { narrow, readSiteRequest, isSameRequest, type SiteRequest } from './donor/site-request.js';
import { StandingConsent } from './donor/standing-consent.js';
import { bindActions, drawActions } from './view/actions.js';
import type { BlockChoice } from './view/block-row.js';
import { bindCredits, drawAccount, drawCredits } from './view/credits-form.js';
import { button, byId, input, setText } from './view/dom.js';
import { drawJobs } from './view/job-cards.js';
import { bindAdmitted, drawAdmitted, drawBlocked } from './view/lists-form.js';
import { setLanguage, t } from './view/page-text.js';
import { applyTheme } from './view/preferences.js';
import { drawQuestions } from './view/question-list.js';
import { bindRules, drawRules } from './view/rules-form.js';
import { drawSiteRequest } from './view/site-request-view.js';
import { cannotCompute, drawState } from './view/state-box.js';
import { drawBusy, drawSums } from './view/status-view.js';
import { SteadyHeight } from './view/steady-height.js';

const cores = navigator.hardwareConcurrency || 1;
const store = openPageStore();
const box = new SettingsBox(store, cores);
const consent = new StandingConsent(store);
const sources = browserSources();
/** Kept for this tab across the site's pages: a worker that the visitor stopped is not started by the next page. */
const visit = openPageStore(() => sessionStorage);
const STOPPED = 'stopped';
/** Whether the site's `ask-first` attribute was applied to the visitor's settings; done once. */
const ASKED = 'asked-for-site';

let request: SiteRequest = { groups: [] };
/** Since when this is the request, `performance.now()`. */
let requestMs = -Infinity;
/** What the visitor agreed to when they started it. */
let agreed: SiteRequest | undefined;
let appearance: { lang?: string | undefined; theme?: string | undefined; autostart?: boolean } = {};
let wasRunning = false;
let drawing = false;

const site = new HostSite({
  configure: (asked) => {
    const next = readSiteRequest(asked);
    if (!isSameRequest(request, next)) requestMs = performance.now();
    request = next;
    appearance = asked;
    if (asked.askFirst === true && store.read(ASKED) !== true) {
      store.write(ASKED, true);
      box.change({ askBeforeNewOwner: true });
    }
    applyLimits();
    drawAll();
    // The height may have been final before the site's origin was known.
    sendHeight();
    startAutomatically();
  },
  stop: () => void stop(),
});

const questions = new OpenQuestions({ box, log: showError, changed: draw, joined: () => undefined });
const donor = new Donor({
  scheduler: location.origin,
  store,
  // This document's content security policy allows connections to the scheduler alone.
  settings: () => ({ ...box.now, allowOrigins: [] }),
  admit: questions.admit,
  log: showError,
  changed: draw,
  sources,
  workerCreated: (worker) => {
    worker.on('result', (taken) => site.result(taken));
    worker.on('payment', ({ jobId, amount }) => site.send({ type: 'payment', jobId, amount }));
  },
  failed: (error) => {
    const message = error instanceof Error ? error.message : String(error);
    site.send({ type: 'error', code: codeOf(error) ?? 'INTERNAL', message });
  },
});

const stateActions = {
  tryNow: () => donor.tryNow(),
  reload: () => location.reload(),
  change: (patch: Parameters<typeof box.change>[0]) => box.change(patch),
  showQuestions: () => byId('questions-title').focus(),
};
document.documentElement.dataset.ready = 'true';
const jobsHeight = new SteadyHeight(byId('embed-running'));
const actionsHeight = new SteadyHeight(byId('actions'));
const startGesture = new UserGesture(button('power'));
button('power').addEventListener('click', (event) => {
  // The button's action is the one of its label, which may be a moment old.
  if (button('power').dataset.running === 'true') return void stop();
  void isUserGesture(startGesture, event).then((meant) => {
    if (meant) start(request);
  });
});
const consentGesture = new UserGesture(byId('always-row'));
input('always').addEventListener('click', (event) => {
  const { origin } = site;
  if (origin === undefined) return event.preventDefault();
  if (!input('always').checked) return consent.revoke(origin);
  void isUserGesture(consentGesture, event).then((meant) => {
    if (meant && input('always').checked) consent.grant(origin, request);
    input('always').checked = consent.termsFor(origin) !== undefined;
  });
});
document.addEventListener('visibilitychange', startAutomatically);
bindRules(box, cores);
bindAdmitted(box);
bindCredits(box, () => undefined);
bindActions(box, () => void donor.finish());
box.onChange(() => {
  drawAll();
  void donor.settingsChanged();
  if (questions.takeAskAgain()) donor.askAgain();
});
new ResizeObserver(() => sendHeight()).observe(byId('hero'));
drawAll();

/** Whether a click is a user gesture, and the site's request was shown for long enough before it and has not changed. */
async function isUserGesture(by: UserGesture, event: Event): Promise<boolean> {
  const read = performance.now() - requestMs >= VISIBLE_MS ? request : undefined;
  const own = await by.confirms(event);
  const meant = own && read !== undefined && isSameRequest(read, request);
  setText(byId('hidden-note'), meant ? '' : t('embed.hidden'));
  return meant;
}

/** `terms`: what the visitor agrees to; the site gets no more until the next click. */
function start(terms: SiteRequest): void {
  if (isBusy() || cannotCompute() || terms.paused === true) return;
  visit.write(STOPPED, false);
  agreed = terms;
  applyLimits();
  donor.start();
}

/** Starts if the visitor has given standing consent for this site, and has not stopped it in this visit. */
function startAutomatically(): void {
  if (appearance.autostart !== true || document.visibilityState !== 'visible') return;
  if (isBusy() || visit.read(STOPPED) === true) return;
  const given = consent.termsFor(site.origin, request.groups);
  const terms = given && narrow(given, request);
  if (terms !== undefined && terms.paused !== true) start(terms);
}

async function stop(): Promise<void> {
  if (donor.running) visit.write(STOPPED, true);
  questions.close();
  await donor.stop();
  if (isBusy()) return;
  agreed = undefined;
  applyLimits();
}

function isBusy(): boolean {
  return donor.running || donor.status.phase === 'stopping';
}

/** Applies the site's request, limited to what the visitor agreed to. */
function applyLimits(): void {
  donor.limit(agreed === undefined ? request : narrow(agreed, request));
}

function block(what: 'job' | 'owner', { jobId: id, name, owner }: BlockChoice): void {
  if (what === 'job') box.change({ blockedJobs: [...box.now.blockedJobs, { id, name }] });
  else if (owner !== undefined) box.change({ blockedOwners: [...box.now.blockedOwners, owner] });
}

/** Shows errors; other entries of the log are not shown in the frame. */
function showError({ key, values, tone }: LogEntry): void {
  const bad = tone === 'bad';
  byId('trouble').hidden = !bad;
  setText(byId('trouble'), bad ? t(key, values) : '');
}

function drawAll(): void {
  const { lang, theme, autostart } = appearance;
  setLanguage(lang === 'en' || lang === 'de' ? lang : box.now.language);
  applyTheme(theme === 'light' || theme === 'dark' ? theme : 'auto');
  const around = site.origin === undefined ? undefined : new URL(site.origin).host;
  drawSiteRequest(request, around, Math.min(box.now.cores, request.cores ?? cores));
  drawRules(box, cores, sources);
  drawAdmitted(box);
  drawBlocked(box);
  byId('forgotten').hidden = store.keeps;
  // Consent is offered only if it can be stored, and if covers over the button can be detected.
  const isKept = store.keeps && UserGesture.detectsCovers;
  byId('always-row').hidden = around === undefined || autostart !== true || !isKept;
  setText(byId('always-text'), t('embed.always', { site: around ?? '' }));
  input('always').checked = consent.termsFor(site.origin) !== undefined;
  drawCredits(box);
  draw();
}

function draw(): void {
  if (drawing) return;
  drawing = true;
  // A frame out of view gets no animation frames, but the site still needs the status.
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
  jobsHeight.keep();
  actionsHeight.keep();
  site.send({ type: 'status', phase, running, ...sums, earned, sandboxes: sandboxes.length });
  if (running !== wasRunning) site.send({ type: running ? 'start' : 'stop' });
  wasRunning = running;
}

function sendHeight(): void {
  site.send({ type: 'height', height: Math.ceil(byId('hero').getBoundingClientRect().bottom) });
}
