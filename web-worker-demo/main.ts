/**
 * The donor's page: one donor of this page's own scheduler, the settings, and what is drawn of both. It uses only what
 * manyhands exports to everybody.
 * @module
 */
import { browserSources } from './donor/condition-sources.js';
import { Donor } from './donor/donor.js';
import { Gate } from './donor/gate.js';
import { takeJoin } from './donor/join-link.js';
import { openPageStore } from './donor/page-store.js';
import { shortAddress } from './donor/safe-text.js';
import { SettingsBox } from './donor/settings-box.js';
import { drawChart } from './view/chart.js';
import { bindCredits, drawCredits } from './view/credits-form.js';
import { askToAdmit, askToBlock, askToJoin } from './view/dialogs.js';
import { button, byId, setText } from './view/dom.js';
import { bindInstall } from './view/install.js';
import { drawJobs, type BlockChoice } from './view/job-cards.js';
import { bindLists, drawLists, joinGroup } from './view/lists-form.js';
import { log, redrawLog } from './view/log-view.js';
import { drawNotes } from './view/notes.js';
import { language, say, t } from './view/page-text.js';
import { applyPreferences, bindPreferences } from './view/preferences.js';
import { bindRules, drawPublicGroup, drawRules } from './view/rules-form.js';
import { drawFigures, drawPower, drawTitle } from './view/status-view.js';

const CHART_EVERY_MS = 1_000;

// First of all: a secret does not stay in the address bar.
const invited = takeJoin();

const cores = navigator.hardwareConcurrency || 1;
const store = openPageStore();
const box = new SettingsBox(store, cores);
const gate = new Gate(box, askToAdmit, log);
const sources = browserSources();
const donor = new Donor({
  scheduler: location.origin,
  store,
  settings: () => box.now,
  admit: gate.admit,
  say: log,
  changed: draw,
  sources,
});

let drawing = false;
let spoken = '';

bindPreferences(box);
bindRules(box, cores);
bindLists(box, ({ key }) => log({ key: 'log.joined', values: { name: key }, tone: 'good' }));
bindCredits(box, () => log({ key: 'log.exported', tone: 'good' }));
bindInstall();
button('power').addEventListener('click', () => void press());
box.onChange(() => {
  drawSettings();
  void donor.settingsChanged();
});
for (const name of ['online', 'offline']) addEventListener(name, drawNotes);
setInterval(drawLive, CHART_EVERY_MS);

drawSettings();
drawLive();
if (box.now.autostart) donor.start();
if (invited !== undefined) void join(invited);

async function press(): Promise<void> {
  if (!donor.running) return donor.start();
  gate.close();
  await donor.stop();
}

async function join(group: NonNullable<typeof invited>): Promise<void> {
  if (!(await askToJoin(group))) return;
  await joinGroup(box, group);
  log({ key: 'log.joined', values: { name: group.key }, tone: 'good' });
}

async function block(choice: BlockChoice): Promise<void> {
  const what = await askToBlock(choice);
  if (what === 'job') {
    const { jobId: id, name } = choice;
    box.change({ blockedJobs: [...box.now.blockedJobs.filter((job) => job.id !== id), { id, name }] });
    log({ key: 'log.blockedJob', values: { name } });
  } else if (what === 'owner' && choice.owner !== undefined) {
    const { owner } = choice;
    box.change({ blockedOwners: [...new Set([...box.now.blockedOwners, owner])] });
    log({ key: 'log.blockedOwner', values: { address: shortAddress(owner) } });
  }
}

/** All that hangs on settings, the language among them. */
function drawSettings(): void {
  applyPreferences(box);
  setText(byId('place'), location.host);
  setText(byId('lead-text'), t('hero.text', { host: location.host }));
  say(byId('rules-kept'), box.keeps ? 'rules.kept' : 'rules.forgotten');
  drawRules(box, cores, sources);
  drawPublicGroup(box);
  drawLists(box);
  drawCredits(box);
  drawNotes();
  if (spoken !== language()) redrawLog();
  spoken = language();
  drawNow();
}

/** Draws at the next frame, once however much happens before it. */
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
  byId('hero').dataset.phase = status.phase;
  drawPower(status);
  drawTitle(status.phase);
  drawFigures(status, box.now.mebibytesPerDay);
  drawJobs(status, (choice) => void block(choice));
  say(byId('nothing'), donor.running ? 'running.none' : 'running.noneStopped');
}

/** What changes with time alone; a hidden tab draws nothing, but its title. */
function drawLive(): void {
  const now = performance.now();
  drawTitle(donor.status.phase);
  if (document.visibilityState === 'hidden') return;
  drawChart(donor.rates.series(now), donor.rates.current(now));
  drawNow();
}
