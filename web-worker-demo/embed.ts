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
import { OwnClick } from './donor/own-click.js';
import { openPageStore } from './donor/page-store.js';
import { SettingsBox } from './donor/settings-box.js';
import { bindCredits, drawCredits } from './view/credits-form.js';
import { askToBlock } from './view/dialogs.js';
import { button, byId, input, setText } from './view/dom.js';
import { drawJobs, type BlockChoice } from './view/job-cards.js';
import { speak, t } from './view/page-text.js';
import { wear } from './view/preferences.js';
import { drawMuch } from './view/rules-form.js';
import { drawPower, drawSums } from './view/status-view.js';

const cores = navigator.hardwareConcurrency || 1;
const store = openPageStore();
const box = new SettingsBox(store, cores);
const ALWAYS = 'always';

let wish: { cores?: number; share?: number; lang?: string; theme?: string; autostart?: boolean } = {};
let wasRunning = false;
let drawing = false;

const site = new HostSite({
  configure: (asked) => {
    wish = asked;
    donor.limit({ cores: asked.cores, share: asked.share });
    drawAll();
    if (asked.autostart && alwaysHere() && document.visibilityState === 'visible') donor.start();
  },
  stop: () => void donor.stop(),
});

const donor = new Donor({
  scheduler: location.origin,
  store,
  settings: () => box.now,
  admit: () => true,
  say: tellTrouble,
  changed: draw,
  sources: browserSources(),
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
  if (donor.running) return void donor.stop();
  void click.confirms(event).then((own) => {
    setText(byId('hidden-note'), own ? '' : t('embed.hidden'));
    if (own && !donor.running) donor.start();
  });
});
const alwaysClick = new OwnClick(byId('always-row'));
input('always').addEventListener('click', (event) => {
  if (!alwaysClick.accepts(event)) return event.preventDefault();
});
input('always').addEventListener('change', () => {
  const others = sitesAlways().filter((one) => one !== site.origin);
  if (site.origin !== undefined)
    store.write(ALWAYS, input('always').checked ? [...others, site.origin] : others);
});
input('cores').max = String(cores);
input('cores').addEventListener('input', () => box.change({ cores: input('cores').valueAsNumber }));
input('share').addEventListener('input', () => box.change({ share: input('share').valueAsNumber / 100 }));
bindCredits(box, () => undefined);
box.onChange(() => {
  drawAll();
  void donor.settingsChanged();
});
new ResizeObserver(() => tellHeight()).observe(byId('hero'));
drawAll();

function sitesAlways(): string[] {
  const stored = store.read(ALWAYS);
  return Array.isArray(stored) ? stored.filter((one) => typeof one === 'string').slice(0, 200) : [];
}

function alwaysHere(): boolean {
  return site.origin !== undefined && sitesAlways().includes(site.origin);
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
  speak(wish.lang === 'en' || wish.lang === 'de' ? wish.lang : box.now.language);
  wear(wish.theme === 'light' || wish.theme === 'dark' ? wish.theme : 'auto');
  const host = location.host;
  const around = site.origin === undefined ? undefined : new URL(site.origin).host;
  const text =
    around === undefined ? t('embed.textAlone', { host }) : t('embed.text', { host, site: around });
  setText(byId('lead-text'), text);
  const used = Math.min(box.now.cores, wish.cores ?? cores);
  setText(byId('means'), t('embed.means', { cores: t('embed.cores', { count: used }) }));
  drawMuch(box.now, cores);
  byId('forgotten').hidden = store.keeps;
  byId('always-row').hidden = around === undefined || wish.autostart !== true || !OwnClick.seesCovers;
  setText(byId('always-text'), t('embed.always', { site: around ?? '' }));
  input('always').checked = alwaysHere();
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
