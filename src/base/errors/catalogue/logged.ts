// Codes that are logged and never answered: events that someone who looks after the gateway should know, with what to do.
import type { CatalogueEntry } from './index.ts';

export const loggedEvents = {
  BACKUP_FAILED: {
    text: 'a scheduled backup failed',
    ekuiperCode: 1001,
    cure: 'It is tried again with growing pauses up to an hour. The cause says what is wrong with the place (backup.to) or the secrets (backup.passphraseFile).',
  },
  PORTABLE_ENDED: {
    text: 'a portable plugin has ended',
    ekuiperCode: 1001,
    cure: 'It is started again with growing pauses, and its sources and sinks go on. The cause is what the program said last.',
  },
  PORTABLE_SYMBOL: {
    text: 'a source or sink of a portable plugin has stopped',
    ekuiperCode: 1001,
    cure: 'Its process runs on, and the part is started again with growing pauses. The cause is the error that the program printed, if it printed one.',
  },
  SERVICE_HIDDEN: {
    text: 'a function of an external service has the name of a built-in one',
    ekuiperCode: 1001,
    cure: 'The built-in function is called. Give the method another name in `functions` of its interface.',
  },
  PORTABLE_DATA: {
    text: 'a portable plugin sent something other than a message',
    ekuiperCode: 1001,
    cure: 'A source sends JSON with `message` and `meta`. The message is counted as dropped; correct the plugin.',
  },
  SCRIPT_RENEWED: {
    text: 'a script was started afresh',
    ekuiperCode: 1001,
    cure: 'It held too much memory from call to call. Let it keep less in its variables: what it had kept is gone.',
  },
  SCRIPT_ENGINE: {
    text: 'the engine of scripts failed',
    ekuiperCode: 1001,
    cure: 'It was started again; scripts go on without what they had kept. Please report the cause with the script.',
  },
  CATALOG_ENTRY: {
    text: 'a stored stream, rule, conf key or connection cannot be used',
    ekuiperCode: 1000,
    cure: 'It was stored by another version or by hand. It is kept and listed with the reason: correct it over REST, or delete it.',
  },
  CONFIG_COPY: {
    text: 'the copy of the last good configuration could not be written',
    ekuiperCode: 1000,
    cure: 'Check free space and permissions of the data folder; the configuration itself is in effect.',
  },
  CONFIG_RESTORED: {
    text: 'the configuration could not be read; the last good copy is in effect',
    ekuiperCode: 1000,
    cure: 'The line names file and cause. Correct the file; until then the copy is used.',
  },
  CONFIG_RELOAD: {
    text: 'the new configuration is wrong; the old one stays in effect',
    ekuiperCode: 1000,
    cure: 'The cause names file and key. Correct it and reload again.',
  },
  CONFIG_ABSENT: {
    text: 'the configuration asks for something that this version does not do',
    ekuiperCode: 1000,
    cure: 'The line names the key and what to do instead. Remove the key, or leave it: it has no effect.',
  },
  EKUIPER_DATA: {
    text: 'the data folder holds streams and rules of eKuiper',
    ekuiperCode: 1000,
    cure: 'They are not read by themselves. Take them over: kuiper import ekuiper DIR with that folder.',
  },
  AUDIT: {
    text: 'a change could not be written to the audit log',
    ekuiperCode: 1000,
    cure: 'The change itself was made. Check free space and permissions of data/audit; the next change is written again.',
  },
  FLEET: {
    text: 'the fleet could not be followed',
    ekuiperCode: 1000,
    cure: 'The line names server and cause; `kuiper fleet status` shows the state. What runs goes on, and the next try comes by itself.',
  },
  METRICS_DUMP: {
    text: 'metrics cannot be written to a file',
    ekuiperCode: 1000,
    cure: 'Check free space and permissions of log/metrics, or set basic.metricsDumpConfig.enable to false.',
  },
  CONFIG_UNKNOWN_KEY: {
    text: 'a key of the configuration means nothing; it is ignored',
    ekuiperCode: 1000,
    cure: 'Check its spelling; `didYouMean` names the nearest key. docs lists all keys in etc/kuiper.yaml.',
  },
  CRASH_GUARD_COUNT: {
    text: 'the last run ended by a crash',
    ekuiperCode: 1000,
    cure: 'Three crashes in a row lead to safe mode. Look for the cause in the log before the crash.',
  },
  CRASH_GUARD_READ: {
    text: 'the marker of crash protection cannot be read',
    ekuiperCode: 1000,
    cure: 'Nothing needs to be done: it starts afresh. If it recurs, check the disk.',
  },
  CRASH_GUARD_WRITE: {
    text: 'the marker of crash protection cannot be written',
    ekuiperCode: 1000,
    cure: 'Check free space and permissions of the data folder.',
  },
  DEAD_LETTER_DISCARDED: {
    text: 'the oldest dead letter was discarded',
    ekuiperCode: 1000,
    cure: 'The office of dead letters is full: read them, and find out why there are so many.',
  },
  DEFAULTS: {
    text: 'a default file could not be written; the shipped one is in effect',
    ekuiperCode: 1000,
    cure: 'Check permissions of the folder etc.',
  },
  FATAL: {
    text: 'a fault of the gateway; the process ends',
    ekuiperCode: 1000,
    cure: 'systemd starts it again. Please report it with the log around it.',
  },
  FOLDER: {
    text: 'a folder could not be made',
    ekuiperCode: 1000,
    cure: 'Check permissions of the root folder; the reason is in the line.',
  },
  INIT_RULESET: {
    text: 'the initial rule set, or a part of it, was refused',
    ekuiperCode: 1000,
    cure: 'The cause names the part. Correct init.json; what is right was imported.',
  },
  MEMORY: {
    text: 'memory is getting short',
    ekuiperCode: 1000,
    cure: 'Stop rules or plugins that need much, or give the machine more memory. Plugins are unloaded before the gateway fails.',
  },
  MESSAGE_SET_ASIDE: {
    text: 'a message that ended the gateway before is not evaluated',
    ekuiperCode: 1000,
    cure: 'It is among the dead letters. Correct the rule or the plugin that cannot bear it.',
  },
  MODBUS_LOST: {
    text: 'the line to Modbus devices was lost',
    ekuiperCode: 1000,
    cure: 'Check the cable, the serial server or the network; the gateway keeps reopening it. The cause names the last error.',
  },
  MODBUS_SHARE: {
    text: 'a Modbus line cannot be shared with other masters',
    ekuiperCode: 1000,
    cure: 'Choose a port for share that is free and above 1023. The line is read all the same, and the port is tried again.',
  },
  MODBUS_UNIT: {
    text: 'a Modbus unit does not answer and is set aside',
    ekuiperCode: 1000,
    cure: 'Check its power, address and wiring. The gateway keeps asking and reads it as soon as it answers.',
  },
  MQTT_HOME_ASSISTANT: {
    text: 'the entities of a removed sink stay in Home Assistant',
    ekuiperCode: 1000,
    cure: 'Clear the retained messages under the topic that is named, when the broker can be reached again.',
  },
  MQTT_LOST: {
    text: 'the connection to an MQTT broker was lost',
    ekuiperCode: 1000,
    cure: 'Check the broker and the network; the gateway keeps reconnecting. The cause names the last error.',
  },
  MQTT_SUBSCRIBE: {
    text: 'the broker refused a subscription',
    ekuiperCode: 1000,
    cure: 'Allow the topic in the access rules of the broker; the gateway keeps trying.',
  },
  MQTT_TOO_LARGE: {
    text: 'a message was skipped: its payload is above maxPacketSize',
    ekuiperCode: 1000,
    cure: 'Raise maxPacketSize of the source if such messages are wanted.',
  },
  MQTT_UNWANTED: {
    text: 'a message that no rule reads was confirmed unread',
    ekuiperCode: 1000,
    cure: 'An old session of the broker had it for a subscription that is gone. Nothing needs to be done; to avoid it, delete unused client ids at the broker.',
  },
  PLUGIN_FOLDER: {
    text: 'the folder of plugins cannot be read, or its status not written',
    ekuiperCode: 1000,
    cure: 'Check that it exists and that the gateway may read and write it.',
  },
  QUARANTINE_READ: {
    text: 'the list of quarantined plugins is damaged; it starts afresh',
    ekuiperCode: 1000,
    cure: 'Plugins that crash are quarantined again after three crashes. If it recurs, check the disk.',
  },
  READ_ONLY: {
    text: 'the data folder cannot be written',
    ekuiperCode: 1000,
    cure: 'Check whether the disk is full, mounted read-only or failing; nothing is stored until it can be written again.',
  },
  REST_FAULT: {
    text: 'a REST call failed by a fault of the gateway',
    ekuiperCode: 1000,
    cure: 'Please report it with the log around it.',
  },
  REST_NOBODY: {
    text: 'authentication is on, and there is no token and no public key',
    ekuiperCode: 1000,
    cure: 'Put a token into etc/mgmt/tokens or a key into etc/mgmt, and reload.',
  },
  SPARKPLUG_COMMAND: {
    text: 'a Sparkplug command of a host cannot be read',
    ekuiperCode: 1000,
    cure: 'The host sends something else than a Sparkplug B payload to NCMD or DCMD; the cause says what. Nothing was changed.',
  },
  TRACE_EXPORT: {
    text: 'spans could not be sent to the collector of traces',
    ekuiperCode: 1000,
    cure: 'Check the address given to POST /tracer and that the collector runs; GET /trace/{id} still has them. POST /tracer with another action stops the export.',
  },
  RULE_PROBLEM: {
    text: 'a rule needs attention',
    ekuiperCode: 1000,
    cure: 'The cause says what and since when; `kuiper diag RULE` shows where its data stops. Written once for each kind of problem of a rule.',
  },
  RULE_COMMAND: {
    text: 'a command to a rule failed after it was accepted',
    ekuiperCode: 1000,
    cure: 'The status of the rule has the reason. Give the command again when it is cured.',
  },
  SECRET_MISSING: {
    text: 'a secret is missing since the entry came from an export',
    ekuiperCode: 1000,
    cure: 'Set the named properties again; exports hold no secrets.',
  },
  SECRET_IN_CLEAR: {
    text: 'a file below etc holds a secret in clear',
    ekuiperCode: 1000,
    cure: 'Give it with "kuiper secret set NAME" and write ${secret:NAME} in the file, or make a connection or a conf key over REST: those are sealed.',
  },
  DEVICE_KEY: {
    text: 'the key that seals the secrets of this device is damaged or missing',
    ekuiperCode: 1000,
    cure: 'The reason says which copy. Without the key sealed secrets cannot be read: restore etc/device.key from its twin or a backup, or set the secrets again.',
  },
  TRANSFER: {
    text: 'an import was cut off by the end of the gateway',
    ekuiperCode: 1000,
    cure: 'It was undone or finished at this start, as the line says; GET /data/import/report has what an import changed.',
  },
  SERIAL_LOST: {
    text: 'a serial port was lost; it is looked for',
    ekuiperCode: 1000,
    cure: 'Check the plug and the adapter. The gateway reopens it, also under another port name.',
  },
  SERIAL_NO_ANSWER: {
    text: 'an instrument on a serial line does not answer',
    ekuiperCode: 1000,
    cure: 'Check its power, its settings (baud rate, parity) and the request. The gateway keeps asking.',
  },
  STOP_CUT: {
    text: 'the gateway ends at once',
    ekuiperCode: 1000,
    cure: 'It received two stop signals or did not stop in time. Brokers will send unacknowledged messages again.',
  },
  STOP_FAILED: {
    text: 'a part failed to stop; the others go on stopping',
    ekuiperCode: 1000,
    cure: 'The cause is in the line. If it recurs, please report it.',
  },
  STOP_LATE: {
    text: 'a component did not stop in time and was abandoned',
    ekuiperCode: 1000,
    cure: 'Often a plugin or a sink that does not answer. What it had not confirmed comes again.',
  },
  STORE_RESERVE: {
    text: 'the space reserved for deletions could not be allocated or released',
    ekuiperCode: 1000,
    cure: 'Free some space on the disk of the data folder.',
  },
  STORE_RESTORED: {
    text: 'the stored configuration was damaged and restored from its copy',
    ekuiperCode: 1000,
    cure: 'Nothing needs to be done now. Check the disk: it lost data once.',
  },
  SUSPECT_FOUND: {
    text: 'the gateway ended while it evaluated a message or a timer of a rule',
    ekuiperCode: 1000,
    cure: 'The message is tried once more on its own. If the gateway ends again, the message is set aside and the rule waits.',
  },
  SUSPECT_LEDGER: {
    text: 'what is known of messages that end the gateway could not be stored',
    ekuiperCode: 1000,
    cure: 'Check free space and permissions of the data folder.',
  },
  SUSPECT_RECORD: {
    text: 'messages cannot be noted before their evaluation',
    ekuiperCode: 1000,
    cure: 'Check shared memory (/dev/shm) and permissions; a message that ends the gateway cannot be found without it.',
  },
  SYSTEMD_NOTIFY: {
    text: 'systemd could not be notified',
    ekuiperCode: 1000,
    cure: 'Check that the service runs with Type=notify; the gateway works without it.',
  },
} as const satisfies Record<string, CatalogueEntry>;
