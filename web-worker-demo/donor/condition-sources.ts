/**
 * Observes battery, network, idleness and CPU pressure. Only some browsers have these interfaces, and only in secure
 * contexts; each function returns undefined if its interface is missing.
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

/** All conditions that this browser can observe. */
export function browserSources(): ConditionSources {
  return { battery: watchBattery(), metered: watchNetwork(), active: watchIdle(), pressure: watchPressure() };
}

function watchBattery(): Watch | undefined {
  if (typeof nav.getBattery !== 'function') return undefined;
  return (changed) => {
    const abort = new AbortController();
    const follow = (battery: Battery): void => {
      const report = (): void => changed(!battery.charging);
      battery.addEventListener('chargingchange', report, { signal: abort.signal });
      report();
    };
    // A machine that does not report its battery is treated as one without a battery.
    nav.getBattery!().then(follow, () => undefined);
    return () => abort.abort();
  };
}

function watchNetwork(): Watch | undefined {
  const { connection } = nav;
  if (connection === undefined || typeof connection.addEventListener !== 'function') return undefined;
  return (changed) => {
    const abort = new AbortController();
    const report = (): void => changed(connection.saveData === true || connection.type === 'cellular');
    connection.addEventListener('change', report, { signal: abort.signal });
    report();
    return () => abort.abort();
  };
}

/** Asks for the donor's permission; must be called in a handler of the donor's click. */
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
    const report = (): void => changed(detector.userState !== 'idle' && detector.screenState !== 'locked');
    detector.addEventListener('change', report, { signal: abort.signal });
    // Until the first report the user counts as active: they have just pressed Start. Without the permission the
    // user would always count as active, so the condition is then ignored.
    detector.start({ threshold: IDLE_AFTER_MS, signal: abort.signal }).then(report, () => changed(false));
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
    const update = (): void => {
      if (state === 'critical') {
        since = performance.now();
        changed(true);
        return;
      }
      const left = since + PRESSURE_REST_MS - performance.now();
      clearTimeout(timer);
      if (left <= 0) changed(false);
      else timer = setTimeout(update, left);
    };
    const observer = new Observer((records) => {
      state = records.at(-1)?.state ?? state;
      update();
    });
    observer.observe('cpu', { sampleInterval: PRESSURE_SAMPLE_MS }).catch(() => changed(false));
    return () => {
      clearTimeout(timer);
      observer.disconnect();
    };
  };
}
