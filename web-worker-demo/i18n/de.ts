/**
 * What the page says, in German.
 * @module
 */
import type { Message } from './en.js';
import type { MessageKey } from './translate.js';

export const de: Record<MessageKey, Message> = {
  'page.title': 'Mithelfen · manyhands',
  'page.titleWorking': '● Rechnet · manyhands',
  'page.language': 'Sprache',
  'page.theme': 'Darstellung',
  'page.themeAuto': 'System',
  'page.themeLight': 'Hell',
  'page.themeDark': 'Dunkel',
  'page.skip': 'Zum Startknopf springen',
  'page.noscript': 'Diese Seite braucht JavaScript: Darin laufen die Berechnungen.',

  'hero.title': 'Verleihen Sie die freie Zeit Ihres Computers',
  'hero.text':
    'Solange Sie es erlauben, arbeitet diese Seite an kleinen Stücken von Berechnungen, die auf {host} eingestellt werden. Ohne Konto, ohne Installation.',
  'hero.sealed': 'Abgeschottet',
  'hero.sealedText': 'Fremder Code erreicht weder Ihre Dateien noch Ihr Netz noch diese Seite.',
  'hero.yours': 'Zu Ihren Bedingungen',
  'hero.yoursText': 'Sie bestimmen, wie viel, wann und für wen.',
  'hero.over': 'Schluss, wann Sie wollen',
  'hero.overText': 'Stopp, oder Tab schließen: In einer Sekunde ist es vorbei.',

  'power.start': 'Start',
  'power.stop': 'Stopp',
  'phase.idle': 'Nicht gestartet',
  'phase.connecting': 'Verbinde …',
  'phase.offline': 'Keine Verbindung, neuer Versuch läuft …',
  'phase.connected': 'Verbunden, wartet auf Arbeit',
  'phase.working': 'Rechnet',
  'phase.paused': 'Pause: {reasons}',
  'phase.lost': 'Verbindung verloren, neuer Versuch läuft …',
  'phase.stopping': 'Hält an …',
  'phase.stopped': 'Angehalten',
  'phase.failed': 'Mit einem Fehler beendet',
  'paused.battery': 'Akkubetrieb',
  'paused.metered': 'getaktetes Netz',
  'paused.active': 'Sie benutzen den Computer',
  'paused.pressure': 'der Computer ist ausgelastet',
  'paused.bytes': 'die Datenmenge des Tages ist verbraucht',
  'paused.site':
    'diese Website möchte jetzt andere Aufträge, als Sie zugesagt haben; beenden Sie und starten Sie neu, wenn Sie mögen',

  'now.title': 'Gerade jetzt',
  'now.rate': 'Stücke pro Sekunde',
  'now.chart': 'Stücke pro Sekunde in den letzten drei Minuten: jetzt {now}, höchstens {peak}.',
  'now.chartEmpty': 'Hier erscheinen die letzten drei Minuten, sobald es etwas zu zeigen gibt.',
  'now.minutesAgo': 'vor 3 min',
  'now.present': 'jetzt',

  'given.title': 'Bisher gegeben',
  'given.slices': 'Fertige Stücke',
  'given.compute': 'Rechenzeit',
  'given.credits': 'Guthaben verdient',
  'given.data': 'Daten heute',
  'given.ofCap': 'von höchstens {cap}',
  'given.visit': '{amount} bei diesem Besuch',

  'running.title': 'Läuft gerade',
  'running.none':
    'Gerade nichts. Jede Berechnung, die hier läuft, erscheint an dieser Stelle, mit ihrem Namen und ihrem Absender.',
  'running.noneStopped': 'Nichts. Drücken Sie Start, und was hier läuft, erscheint an dieser Stelle.',
  'running.unnamed': 'Ein Auftrag ohne Namen',
  'running.preparing': 'Wird vorbereitet …',
  'running.starting': 'startet',
  'running.atWork': 'rechnet',
  'running.slice': 'Stück {number}',
  'running.progress': 'Fortschritt dieses Stücks',
  'running.owner': 'von {address}',
  'running.done': { one: '{count} Stück hier fertig', other: '{count} Stücke hier fertig' },
  'running.link': 'Über diesen Auftrag',
  'running.linkTo': 'führt zu {host}, in einem neuen Tab',
  'running.block': 'Sperren',
  'running.blockLabel': '{name} sperren',

  'log.title': 'Was geschah',
  'log.none': 'Noch nichts. Was geschieht, steht dann hier.',
  'log.connected': 'Verbunden. Wartet auf Arbeit.',
  'log.connectedAgain': 'Wieder verbunden.',
  'log.lost':
    'Die Verbindung ist verloren. Sie wird von selbst wiederhergestellt; Fertiges bleibt so lange erhalten.',
  'log.offline': 'Der Vermittler ist nicht erreichbar. Es wird von selbst wieder versucht.',
  'log.job': 'Arbeit an „{name}“ begonnen.',
  'log.jobUnnamed': 'Arbeit an einem Auftrag ohne Namen begonnen.',
  'log.stopped': 'Angehalten. Was nicht fertig war, ging zurück.',
  'log.startFailed': 'Start nicht möglich: {why}',
  'log.stopFailed': 'Beim Anhalten ging etwas schief: {why}',
  'log.failed': 'Es geht nicht weiter: {why}',
  'log.warning': 'Eine Störung: {why}',
  'log.keyFailed': 'Der Schlüssel dieses Browsers ließ sich nicht öffnen: {why}',
  'log.paused.battery': 'Pause: Der Computer läuft auf Akku.',
  'log.unpaused.battery': 'Wieder am Strom: Es geht weiter.',
  'log.paused.metered': 'Pause: Dieses Netz ist getaktet.',
  'log.unpaused.metered': 'Das Netz ist nicht mehr getaktet: Es geht weiter.',
  'log.paused.active': 'Pause: Sie benutzen den Computer.',
  'log.unpaused.active': 'Der Computer ist frei: Es geht weiter.',
  'log.paused.pressure': 'Pause: Der Computer ist ausgelastet.',
  'log.unpaused.pressure': 'Die Auslastung ist vorbei: Es geht weiter.',
  'log.asleep': 'Der Tab schläft ein: Alles ging zurück.',
  'log.awake': 'Der Tab ist wach: Es geht weiter.',
  'log.paused.bytes': 'Pause bis Mitternacht (UTC): Die Datenmenge des Tages ist verbraucht.',
  'log.unpaused.bytes': 'Für heute ist wieder Datenmenge frei: Es geht weiter.',
  'log.paused.site': 'Pause: Diese Website möchte jetzt andere Aufträge, als Sie zugesagt haben.',
  'log.unpaused.site': 'Diese Website möchte wieder Aufträge, die Sie zugesagt haben: Es geht weiter.',
  'log.blockedJob': 'Auftrag „{name}“ gesperrt. Er läuft hier nicht mehr.',
  'log.blockedOwner': 'Absender {address} gesperrt. Von ihm läuft hier nichts mehr.',
  'log.admitted': 'Absender {address} zugelassen.',
  'log.refused': 'Absender {address} abgewiesen.',
  'log.joined': 'Der Gruppe „{name}“ beigetreten.',
  'log.exported':
    'Der Schlüssel ist als Datei gespeichert. Merken Sie sich das Kennwort: Niemand kann es ersetzen.',

  'error.connect': 'Der Vermittler ist nicht erreichbar.',
  'error.version': 'Diese Seite und der Vermittler verstehen einander nicht mehr. Laden Sie die Seite neu.',
  'error.isolation':
    'Dieser Browser konnte die Abschottung nicht einrichten. Laden Sie die Seite neu, oder nehmen Sie einen anderen Browser.',
  'error.storage': 'Der Speicher dieses Browsers ist nicht benutzbar.',
  'error.crashed':
    'Eine Sandbox ist abgestürzt. Sonst ist nichts betroffen; eine neue tritt an ihre Stelle, und ihre Arbeit läuft noch einmal.',
  'error.setUp': 'Ein Auftrag ließ sich in seiner Sandbox nicht einrichten.',
  'error.timeout': 'Ein Stück dauerte länger, als sein Auftrag erlaubt, und wurde beendet.',
  'error.noProgress': 'Ein Stück gab zu lange kein Lebenszeichen und wurde beendet.',

  'rules.title': 'Ihre Bedingungen',
  'rules.kept': 'In diesem Browser gemerkt, sofort in Kraft.',
  'rules.forgotten':
    'Dieser Browser merkt sich für diese Seite nichts: Was Sie hier einstellen, ist beim Verlassen weg.',

  'much.title': 'Wie viel',
  'much.cores': 'Kerne',
  'much.coresValue': '{cores} von {all}',
  'much.share': 'Anteil ihrer Zeit',
  'much.data': 'Daten am Tag, höchstens',
  'much.dataUnit': 'MiB',

  'when.title': 'Wann',
  'when.plugged': 'Nur am Stromnetz',
  'when.metered': 'Nicht in getakteten Netzen',
  'when.idle': 'Nur wenn ich den Computer nicht benutze',
  'when.idleDenied': 'Der Browser darf nicht sagen, ob Sie am Computer sind.',
  'when.pressure': 'Pause, solange der Computer ausgelastet ist',
  'when.autostart': 'Von selbst starten, wenn ich diese Seite öffne',
  'when.missing': {
    one: 'Dieser Browser sagt nichts über: {list}. Diese Wahl entfällt.',
    other: 'Dieser Browser sagt nichts über: {list}. Diese Wahlmöglichkeiten entfallen.',
  },
  'when.missingBattery': 'den Akku',
  'when.missingMetered': 'getaktete Netze',
  'when.missingActive': 'Untätigkeit',
  'when.missingPressure': 'Auslastung',

  'whom.title': 'Für wen',
  'whom.public': 'Aufträge, die allen offenstehen',
  'whom.ask': 'Fragen, bevor Code eines neuen Absenders läuft',
  'whom.groups': 'Gruppen',
  'whom.groupsText':
    'Eine Gruppe hat einen Schlüssel und ein Geheimnis, oder einen Link oder QR-Code mit beidem.',
  'whom.key': 'Schlüssel',
  'whom.secret': 'Geheimnis',
  'whom.join': 'Beitreten',
  'whom.leave': '{name} verlassen',
  'whom.inGroup': 'In der Gruppe {name}',
  'whom.blocked': 'Gesperrt',
  'whom.blockedNone': 'Niemand ist gesperrt. Ein Auftrag wird dort gesperrt, wo er läuft.',
  'whom.jobNamed': 'Auftrag „{name}“',
  'whom.jobUnnamed': 'Auftrag {id}',
  'whom.deployer': 'Absender {address}',
  'whom.unblock': 'Freigeben',
  'whom.unblockLabel': '{name} freigeben',
  'whom.admitted': {
    one: '{count} Absender ist zugelassen.',
    other: '{count} Absender sind zugelassen.',
  },
  'whom.forget': 'Wieder nach ihnen fragen',
  'whom.origins': 'Andere Orte, von denen Eingaben kommen dürfen',
  'whom.originsText':
    'Ohne solche kommen alle Daten über den Vermittler. Ein Ort, den Sie nennen, erfährt Ihre IP-Adresse, und dieser Browser holt von ihm, was Aufträge verlangen.',
  'whom.origin': 'Adresse des Ortes',
  'whom.originInvalid':
    'Schreiben Sie die Adresse einer ganzen Site, wie https://example.com, und nichts dahinter.',
  'whom.add': 'Hinzufügen',
  'whom.remove': '{name} entfernen',

  'credits.title': 'Guthaben',
  'credits.text':
    'Guthaben sind Punkte dieses Vermittlers: Wer sie verdient, kann damit eigene Aufträge rechnen lassen. Sie sind kein Geld, und niemand zahlt sie aus.',
  'credits.nobody': 'Ich möchte keines',
  'credits.browser': 'Für einen Schlüssel verdienen, der in diesem Browser entsteht',
  'credits.address': 'Für eine eigene Adresse verdienen',
  'credits.addressLabel': 'Zahlungsadresse',
  'credits.addressInvalid': 'Eine Adresse ist 0x und 40 Ziffern oder Buchstaben von a bis f.',
  'credits.making': 'Ein Schlüssel entsteht …',
  'credits.yours': 'Ihre Adresse: {address}',
  'credits.browserText':
    'Der Schlüssel ist nur in diesem Browser, ohne Kennwort: Wer diesen Browser benutzen kann, kann ihn benutzen. Wer die Daten dieser Seite löscht, löscht auch ihn. Speichern Sie ihn als Datei, um Verdientes zu behalten.',
  'credits.export': 'Schlüssel als Datei speichern …',

  'export.title': 'Schlüssel speichern',
  'export.text':
    'Die Datei ist ein Keystore, den Wallets und der Befehl manyhands verstehen. Sie öffnet sich mit dem Kennwort, das Sie jetzt wählen.',
  'export.passphrase': 'Kennwort',
  'export.again': 'Kennwort, noch einmal',
  'export.save': 'Speichern',
  'export.differ': 'Die beiden sind nicht gleich.',
  'export.short': 'Mindestens 8 Zeichen.',
  'export.busy': 'Wird verschlüsselt …',

  'block.title': '„{name}“ sperren?',
  'block.text': 'Es endet hier sofort, und was es hatte, geht zurück.',
  'block.job': 'Diesen Auftrag sperren',
  'block.owner': 'Alles von diesem Absender sperren',
  'block.ownerIs': 'Der Absender ist {address}.',

  'admit.title': 'Jemand Neues möchte hier rechnen',
  'admit.text':
    '{address} ist ein Absender, für den dieser Computer noch nicht gearbeitet hat. Sein erster Auftrag sagt von sich:',
  'admit.yes': 'Zulassen',
  'admit.no': 'Abweisen',
  'admit.always': 'Nach niemandem mehr fragen',

  'dialog.cancel': 'Abbrechen',

  'join.title': 'Der Gruppe „{name}“ beitreten?',
  'join.text':
    'Der geöffnete Link nimmt diesen Browser in eine Rechengruppe auf. Deren Aufträge laufen dann auch hier.',
  'join.yes': 'Beitreten',

  'notes.insecure':
    'Diese Seite kam über einfaches http. Rechnen geht; was https braucht (Akku, Untätigkeit, Weiterrechnen im verdeckten Tab, Installation), fehlt.',
  'notes.noWorkers': 'Dieser Browser hat keine Web Worker, ohne die hier nichts gerechnet werden kann.',
  'notes.offline': 'Sie sind offline. Es beginnt, sobald das Netz wieder da ist.',

  'install.button': 'Als App installieren',

  'embed.title': 'Mithelfen',
  'embed.text': 'Lassen Sie diesen Tab für Menschen auf {host} rechnen, während Sie auf {site} sind.',
  'embed.textAlone': 'Lassen Sie diesen Tab für Menschen auf {host} rechnen.',
  'embed.means':
    'Das benutzt {cores} Ihres Prozessors. Fremder Code ist abgeschottet von Ihren Dateien, von dieser Website und vom Netz. Hier können Sie es jederzeit anhalten.',
  'embed.cores': {
    one: '{count} Kern',
    other: '{count} Kerne',
  },
  'embed.groupNamed': '„{name}“',
  'embed.groups': {
    one: 'Auch Aufträge der Gruppe {list}, die {site} ausgesucht hat, laufen hier.',
    other: 'Auch Aufträge der Gruppen {list}, die {site} ausgesucht hat, laufen hier.',
  },
  'embed.onlyGroups': {
    one: 'Nur Aufträge der Gruppe {list}, die {site} ausgesucht hat, laufen hier.',
    other: 'Nur Aufträge der Gruppen {list}, die {site} ausgesucht hat, laufen hier.',
  },
  'embed.caps': '{site} bittet um höchstens {list}.',
  'embed.capShare': '{share} ihrer Zeit',
  'embed.capData': '{data} am Tag',
  'embed.hidden':
    'Etwas verdeckt vielleicht diesen Knopf. Holen Sie ihn ganz ins Bild, und drücken Sie noch einmal.',
  'embed.always': 'Auf {site} von selbst starten',
  'embed.forgotten':
    'Dieser Browser merkt sich für diesen Rahmen nichts: Was hier eingestellt ist und der Schlüssel sind mit der Seite weg. Speichern Sie den Schlüssel vorher als Datei.',
  'embed.more': 'Alle Einstellungen',
  'embed.details': 'Einstellungen',
};
