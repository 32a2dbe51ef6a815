/**
 * The donor's page: one donor of this page's own scheduler, its settings and their views. It uses only the public
 * exports of manyhands, and the browser's database.
 * @module
 */
import { indexedDbStorage, JOINED_GROUPS_MAX } from '../src/entry/page.browser.js';
import { BusyCores } from './donor/busy-cores.js';
import { browserSources } from './donor/condition-sources.js';
import { Donor } from './donor/donor.js';
import type { LogEntry } from './donor/donor-events.js';
import { History } from './donor/history.js';
import { takeJoin } from './donor/join-link.js';
import { OpenQuestions } from './donor/open-questions.js';
import { openPageStore } from './donor/page-store.js';
import { shortAddress } from './donor/safe-text.js';
import { SettingsBox } from './donor/settings-box.js';
import { tabsRunning } from './donor/running-lock.js';
import { bindActions, drawActions } from './view/actions.js';
import type { BlockChoice } from './view/block-row.js';
import { drawChart } from './view/chart.js';
import { bindCredits, drawAccount, drawCredits } from './view/credits-form.js';
import { button, byId, setText } from './view/dom.js';
import { bindHistory, drawHistory } from './view/history-view.js';
import { bindInstall } from './view/install.js';
import { drawJobs } from './view/job-cards.js';
import { bindLists, drawLists, isOneTooMany, joinGroup } from './view/lists-form.js';
import { log, redrawLog, showPast } from './view/log-view.js';
import { drawNotes } from './view/notes.js';
import { language, setMessage, t } from './view/page-text.js';
import { bindPhoneCode, drawPhoneCode } from './view/phone-code.js';
import { applyPreferences, bindPreferences } from './view/preferences.js';
import { drawQuestions } from './view/question-list.js';
import { bindRules, drawPublicGroup, drawRules } from './view/rules-form.js';
import { cannotCompute, drawState } from './view/state-box.js';
import { drawBalance, drawFigures, drawTitle } from './view/status-view.js';

const CHART_EVERY_MS = 1_000;
const SAVE_EVERY_MS = 5_000;
/** Log entries are saved sooner, since the page may be left next. */
const SAVE_SOON_MS = 200;

// Before anything else: the secret must not stay in the address bar.
const invited = takeJoin();

const cores = navigator.hardwareConcurrency || 1;
const store = openPageStore();
const box = new SettingsBox(store, cores);
// Later visits have greater keys.
const visitKey = `${Date.now().toString(36).padStart(9, '0')}-${Math.random().toString(36).slice(2, 8)}`;
const history = new History(indexedDbStorage('manyhands-history'), visitKey);
const busyCores = new BusyCores();
const questions = new OpenQuestions({
  box,
  log: logEvent,
  changed: draw,
  joined: (group) => void join(group),
});
const sources = browserSources();
const donor = new Donor({
  scheduler: location.origin,
  store,
  settings: () => box.now,
  admit: questions.admit,
  log: logEvent,
  changed: draw,
  resultsTaken: (jobId, about, { slices, failed, computeMs }) =>
    history.add(jobId, about, { slices: slices - failed, computeMs }, Date.now()),
  sources,
});
const stateActions = {
  tryNow: () => donor.tryNow(),
  reload: () => location.reload(),
  change: (patch: Parameters<typeof box.change>[0]) => box.change(patch),
  showQuestions: () => byId('questions-title').focus(),
};

let drawing = false;
let drawnLanguage = '';
let tabs = 0;
let helped = 0;
let saving: ReturnType<typeof setTimeout> | undefined;
/** Whether it was started in this visit: from then on the running jobs are shown first. */
let wasStarted = false;

document.documentElement.dataset.ready = 'true';
bindPreferences(box);
bindRules(box, cores);
bindLists(box, ({ key }) => logEvent({ key: 'log.joined', values: { name: key }, tone: 'good' }));
bindCredits(box, () => logEvent({ key: 'log.exported', tone: 'good' }));
bindActions(box, () => void donor.finish());
bindHistory(history, drawGiven);
bindPhoneCode();
bindInstall();
button('power').addEventListener('click', () => void press());
box.onChange(() => {
  drawSettings();
  void donor.settingsChanged();
  if (questions.takeAskAgain()) donor.askAgain();
});
for (const name of ['online', 'offline']) addEventListener(name, draw);
addEventListener('pagehide', () => void history.save());
setInterval(() => void history.save(), SAVE_EVERY_MS);
setInterval(drawLive, CHART_EVERY_MS);

drawSettings();
drawLive();
void history.load().then(() => {
  showPast(history.pastLog);
  drawGiven();
});
if (box.now.autostart && !cannotCompute()) start();
if (invited !== undefined) questions.askToJoin(invited);

function start(): void {
  wasStarted = true;
  donor.start();
}

async function press(): Promise<void> {
  if (cannotCompute()) return;
  if (!donor.running) return start();
  questions.close();
  await donor.stop();
}

function logEvent(entry: LogEntry): void {
  log(entry);
  history.note({ ...entry, atMs: Date.now() });
  saving ??= setTimeout(() => {
    saving = undefined;
    void history.save();
  }, SAVE_SOON_MS);
}

async function join(group: NonNullable<typeof invited>): Promise<void> {
  if (isOneTooMany(box, group))
    return logEvent({ key: 'whom.groupsFull', values: { count: JOINED_GROUPS_MAX }, tone: 'bad' });
  await joinGroup(box, group);
  logEvent({ key: 'log.joined', values: { name: group.key }, tone: 'good' });
}

function block(what: 'job' | 'owner', { jobId: id, name, owner }: BlockChoice): void {
  if (what === 'job') {
    box.change({ blockedJobs: [...box.now.blockedJobs.filter((job) => job.id !== id), { id, name }] });
    const shown = name === '' ? { key: 'running.unnamed' as const } : name;
    logEvent({ key: 'log.blockedJob', values: { name: shown } });
  } else if (owner !== undefined) {
    box.change({ blockedOwners: [...new Set([...box.now.blockedOwners, owner])] });
    logEvent({ key: 'log.blockedOwner', values: { address: shortAddress(owner) } });
  }
}

/** Draws all that depends on settings, the language among them. */
function drawSettings(): void {
  applyPreferences(box);
  setText(byId('place'), location.host);
  setText(byId('lead-text'), t('hero.text', { host: location.host }));
  setMessage(byId('rules-kept'), box.keeps ? 'rules.kept' : 'rules.forgotten');
  drawRules(box, cores, sources);
  drawPublicGroup(box);
  drawLists(box);
  drawCredits(box);
  if (drawnLanguage !== language()) {
    redrawLog();
    drawHistory(history, Date.now());
    void drawPhoneCode();
  }
  drawnLanguage = language();
  drawNow();
}

/** Draws at the next animation frame, once for any number of calls before it. */
function draw(): void {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    drawNow();
  });
}

function drawNow(): void {
  const { status } = donor;
  const asked = questions.list;
  const nowMs = performance.now();
  byId('hero').dataset.phase = status.phase;
  byId('hero').dataset.live = String(wasStarted);
  byId('headline').hidden = !wasStarted && status.all.slices === 0;
  byId('promise-line').hidden = !wasStarted;
  drawState(status, asked.length, box.now, stateActions);
  drawActions(status);
  drawTitle(status.phase, asked.length);
  drawQuestions(asked, (id, answer) => questions.answer(id, answer));
  const rate = donor.running ? donor.rates.current(nowMs) : 0;
  drawFigures(status, box.now.mebibytesPerDay, helped, rate);
  drawBalance(status, box.now.payment.to !== 'nobody');
  drawAccount(status, box);
  drawJobs(status, block);
  drawNotes(tabs);
  setMessage(byId('nothing'), donor.running ? 'running.none' : 'running.noneStopped');
}

/** Draws the history, which is costly to add up and changes slowly. */
function drawGiven(): void {
  helped = history.jobs.length;
  drawHistory(history, Date.now());
  drawNow();
}

/** Draws what changes with time alone; a hidden tab draws its title only. */
function drawLive(): void {
  const now = performance.now();
  const { status } = donor;
  const busy = status.sandboxes.filter(({ state }) => state === 'ready').length;
  busyCores.record(busy, now);
  drawTitle(status.phase, questions.list.length);
  if (document.visibilityState === 'hidden') return;
  drawChart(busyCores.series(now), busy, status.cores);
  void tabsRunning().then((found) => (tabs = donor.running ? found : 0));
  drawGiven();
}
