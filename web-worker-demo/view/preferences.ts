/**
 * Language and appearance: two lists in the header, stored with the other settings.
 * @module
 */
import type { SettingsBox } from '../donor/settings-box.js';
import type { Settings } from '../donor/settings.js';
import { LANGUAGE_NAMES } from '../i18n/translate.js';
import { byId, make } from './dom.js';
import { language, setLanguage } from './page-text.js';

export function bindPreferences(box: SettingsBox): void {
  const languages = byId('language', HTMLSelectElement);
  for (const [code, name] of Object.entries(LANGUAGE_NAMES))
    languages.append(make('option', { value: code, text: name, lang: code }));
  languages.addEventListener('change', () =>
    box.change({ language: languages.value as Settings['language'] }),
  );
  const themes = byId('theme', HTMLSelectElement);
  themes.addEventListener('change', () => box.change({ theme: themes.value as Settings['theme'] }));
}

export function applyPreferences({ now }: SettingsBox): void {
  setLanguage(now.language);
  applyTheme(now.theme);
  byId('language', HTMLSelectElement).value = language();
  byId('theme', HTMLSelectElement).value = now.theme;
}

/** Sets the light or dark theme; `auto` follows the system. */
export function applyTheme(theme: Settings['theme']): void {
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}
