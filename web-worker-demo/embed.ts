/**
 * The embedded document: the donor's page in small, inside a frame of another site. It starts by the visitor's own
 * press in it, or, where they have said so for this site before, when it is in view.
 * @module
 */
import { browserSources } from './donor/condition-sources.js';
import { Donor } from './donor/donor.js';
import { isRunning, type LogEntry } from './donor/donor-events.js';
import { codeOf } from './donor/failures.js';
import { Gate } from './donor/gate.js';
import { HostSite } from './donor/host-site.js';
import { OwnClick, SEEN_MS } from './donor/own-click.js';
import { openPageStore } from './donor/page-store.js';
import { SettingsBox } from './donor/settings-box.js';
import { narrow, readWish, sameWish, type Wish } from './donor/site-wish.js';
import { StandingConsent } from './donor/standing-consent.js';
import { bindCredits, drawCredits } from './view/credits-form.js';
import { askToAdmit, askToBlock } from './view/dialogs.js';
import { button, byId, input, setText } from './view/dom.js';
import { drawJobs, type BlockChoice } from './view/job-cards.js';
import { bindAdmitted, drawAdmitted, drawBlocked } from './view/lists-form.js';
import { speak, t } from './view/page-text.js';
import { wear } from './view/preferences.js';
import { bindRules, drawRules } from './view/rules-form.js';
import { drawWish } from './view/site-words.js';
import { drawPower, drawSums } from './view/status-view.js';

const cores = navigator.hardwareConcurrency || 1;
const store = openPageStore();
const box = new SettingsBox(store, cores);
const consent = new StandingConsent(store);
const sources = browserSources();
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
    if (asked.autostart && consent.holds(site.origin, wish.groups) && document.visibilityState === 'visible')
      start();
  },
  stop: () => void stop(),
});

const gate = new Gate(box, askToAdmit, tellTrouble);
const donor = new Donor({
  scheduler: location.origin,
  store,
  settings: () => box.now,
  admit: gate.admit,
  say: tellTrouble,
  changed: draw,
  sources,
  born: (worker) => {
    worker.on('result', ({ jobId, count, computeMs }) => site.result(jobId, count, computeMs));
    worker.on('payment', ({ jobId, amount }) => site.tell({ type: 'payment', jobId, amount }));
  },
  failed: (error) => {
    const message = error instanceof Error ? error.message : String(error);
    site.tell({ type: 'error', code: codeOf(error) ?? 'INTERNAL', message });
  },
});

const click = new OwnClick(button('power'));
button('power').addEventListener('click', (event) => {
  if (donor.running) return void stop();
  const read = performance.now() - wishMs >= SEEN_MS ? wish : undefined;
  void click.confirms(event).then((own) => {
    // What stands beside the button is what was pressed for: it stood there before, and stands there still.
    const meant = own && read !== undefined && sameWish(read, wish);
    setText(byId('hidden-note'), meant ? '' : t('embed.hidden'));
    if (meant && !donor.running) start();
  });
});
const alwaysClick = new OwnClick(byId('always-row'));
input('always').addEventListener('click', (event) => {
  if (!alwaysClick.accepts(event)) return event.preventDefault();
});
input('always').addEventListener('change', () => {
  if (site.origin !== undefined) consent.set(site.origin, input('always').checked, wish.groups);
});
bindRules(box, cores);
bindAdmitted(box);
bindCredits(box, () => undefined);
box.onChange(() => {
  drawAll();
  void donor.settingsChanged();
});
new ResizeObserver(() => tellHeight()).observe(byId('hero'));
drawAll();

function start(): void {
  if (donor.running || donor.status.phase === 'stopping') return;
  agreed = wish;
  obey();
  donor.start();
}

async function stop(): Promise<void> {
  gate.close();
  await donor.stop();
  agreed = undefined;
  obey();
}

/** What the site wishes is in force at once, as far as it is no more than what the visitor started. */
function obey(): void {
  donor.limit(agreed === undefined ? wish : narrow(agreed, wish));
}

async function block(choice: BlockChoice): Promise<void> {
  const what = await askToBlock(choice);
  const { jobId: id, name, owner } = choice;
  if (what === 'job') box.change({ blockedJobs: [...box.now.blockedJobs, { id, name }] });
  else if (what === 'owner' && owner !== undefined)
    box.change({ blockedOwners: [...box.now.blockedOwners, owner] });
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
  byId('always-row').hidden = around === undefined || autostart !== true || !OwnClick.seesCovers;
  setText(byId('always-text'), t('embed.always', { site: around ?? '' }));
  input('always').checked = consent.holds(site.origin, wish.groups);
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
  const { phase, visit, all, sandboxes } = status;
  drawPower(status);
  drawSums(all);
  const running = isRunning(phase);
  byId('figures').hidden = !running && all.slices === 0;
  byId('embed-running').hidden = !running;
  drawJobs(status, (choice) => void block(choice));
  site.tell({ type: 'status', phase, running, ...visit, sandboxes: sandboxes.length });
  if (running !== wasRunning) site.tell({ type: running ? 'start' : 'stop' });
  wasRunning = running;
}

function tellHeight(): void {
  site.tell({ type: 'height', height: Math.ceil(byId('hero').getBoundingClientRect().bottom) });
}
