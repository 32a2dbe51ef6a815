/**
 * Where the browser tells of battery, network, idleness and pressure. These interfaces are in some browsers only, and
 * in secure contexts only; each function answers nothing where its interface is missing.
 * @module
 */
import type { ConditionSources, Watch } from './conditions.js';

interface Battery extends EventTarget {
  charging: boolean;
}
interface Connection extends EventTarget {
  saveData?: boolean;
  type?: string;
}
interface IdleState extends EventTarget {
  userState: 'active' | 'idle' | null;
  screenState: 'locked' | 'unlocked' | null;
  start(options: { threshold: number; signal: AbortSignal }): Promise<void>;
}
interface IdleDetectorClass {
  new (): IdleState;
  requestPermission(): Promise<'granted' | 'denied'>;
}
interface Pressure {
  observe(source: 'cpu', options: { sampleInterval: number }): Promise<void>;
  disconnect(): void;
}
type PressureClass = new (
  changed: (records: { state: 'nominal' | 'fair' | 'serious' | 'critical' }[]) => void,
) => Pressure;

/** What the interface allows as its least: a minute. */
const IDLE_AFTER_MS = 60_000;
const PRESSURE_SAMPLE_MS = 2_000;
/** The worker itself is much of the pressure: it rests for a while before it is looked at again. */
const PRESSURE_REST_MS = 20_000;

const nav = navigator as Navigator & { getBattery?: () => Promise<Battery>; connection?: Connection };
const globals = globalThis as { IdleDetector?: IdleDetectorClass; PressureObserver?: PressureClass };

/** All that this browser can tell. */
export function browserSources(): ConditionSources {
  return { battery: watchBattery(), metered: watchNetwork(), active: watchIdle(), pressure: watchPressure() };
}

function watchBattery(): Watch | undefined {
  if (typeof nav.getBattery !== 'function') return undefined;
  return (changed) => {
    const abort = new AbortController();
    const follow = (battery: Battery): void => {
      const tell = (): void => changed(!battery.charging);
      battery.addEventListener('chargingchange', tell, { signal: abort.signal });
      tell();
    };
    // A machine that does not tell of its battery is taken for one that has none.
    nav.getBattery!().then(follow, () => undefined);
    return () => abort.abort();
  };
}

function watchNetwork(): Watch | undefined {
  const { connection } = nav;
  if (connection === undefined || typeof connection.addEventListener !== 'function') return undefined;
  return (changed) => {
    const abort = new AbortController();
    const tell = (): void => changed(connection.saveData === true || connection.type === 'cellular');
    connection.addEventListener('change', tell, { signal: abort.signal });
    tell();
    return () => abort.abort();
  };
}

/** Asks for the donor's permission; must be called in the donor's own click. */
export async function askForIdlePermission(): Promise<boolean> {
  const Detector = globals.IdleDetector;
  return Detector === undefined ? false : (await Detector.requestPermission()) === 'granted';
}

function watchIdle(): Watch | undefined {
  const Detector = globals.IdleDetector;
  if (Detector === undefined) return undefined;
  return (changed) => {
    const abort = new AbortController();
    const detector = new Detector();
    const tell = (): void => changed(detector.userState !== 'idle' && detector.screenState !== 'locked');
    detector.addEventListener('change', tell, { signal: abort.signal });
    // Until the browser has told, somebody is at the machine: they have just pressed start. Without the permission
    // nobody would ever be idle, so that the wish is then as good as not there.
    detector.start({ threshold: IDLE_AFTER_MS, signal: abort.signal }).then(tell, () => changed(false));
    return () => abort.abort();
  };
}

function watchPressure(): Watch | undefined {
  const Observer = globals.PressureObserver;
  if (Observer === undefined) return undefined;
  return (changed) => {
    let since = -Infinity;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let state = 'nominal';
    const look = (): void => {
      if (state === 'critical') {
        since = performance.now();
        changed(true);
        return;
      }
      const left = since + PRESSURE_REST_MS - performance.now();
      clearTimeout(timer);
      if (left <= 0) changed(false);
      else timer = setTimeout(look, left);
    };
    const observer = new Observer((records) => {
      state = records.at(-1)?.state ?? state;
      look();
    });
    observer.observe('cpu', { sampleInterval: PRESSURE_SAMPLE_MS }).catch(() => changed(false));
    return () => {
      clearTimeout(timer);
      observer.disconnect();
    };
  };
}
