// Error codes of the area: updates of the system (src/system/update).
import type { CatalogueEntry } from './index.ts';

export const updateErrors = {
  UPDATE_NO_DEVICE: {
    text: 'This machine has no updater: {problem}',
    ekuiperCode: 1000,
    httpStatus: 404,
    cure: 'Updates of the system are for the appliance image. Elsewhere install the new package (.deb, npm). On a device look at systemctl status kuiper-update.',
  },
  UPDATE_BUSY: {
    text: 'An update is under way: {text}',
    ekuiperCode: 1000,
    httpStatus: 409,
    retriable: true,
    cure: 'Wait until it ends (kuiper system update status), or leave it with kuiper system update rollback.',
  },
  UPDATE_SIGNATURE: {
    text: 'The bundle is not signed by a key that this device trusts: {problem}',
    ekuiperCode: 1000,
    cure: 'Take a bundle of the builder of this image. Builders: sign with the key of make update-keys that was there when the image was made.',
  },
  UPDATE_CERTIFICATE_TIME: {
    text: 'The certificate of the bundle is not valid on {now}: {problem}',
    ekuiperCode: 1000,
    cure: 'If that date is wrong, set the clock (a time server that can be reached), then try again. If it is right, the builder has to sign with a certificate that is valid.',
  },
  UPDATE_OTHER_BOARD: {
    text: 'The bundle is for {bundle}, this device is {device}',
    ekuiperCode: 1000,
    cure: 'Take the bundle of this kind of device.',
  },
  UPDATE_DAMAGED: {
    text: 'The bundle is damaged: {problem}',
    ekuiperCode: 1000,
    cure: 'Fetch it again and compare its SHA-256. The running system was not changed.',
  },
  UPDATE_OLDER: {
    text: 'The bundle has version {bundle}, {device} runs',
    ekuiperCode: 1000,
    cure: 'Nothing is to be done if the device is newer. To go back on purpose: --allow-downgrade; data of a version is read by the previous version, not by older ones.',
  },
  UPDATE_NO_SPACE: {
    text: 'The bundle needs {neededMb} MB, {freeMb} MB are free below {folder}',
    ekuiperCode: 1000,
    cure: 'Remove results and logs that are not needed (kuiper system status shows the space), or give the bundle on a USB stick.',
  },
  UPDATE_PART: {
    text: 'The part begins at byte {at}, {there} bytes are there',
    ekuiperCode: 1000,
    cure: 'Continue where GET /system/update/upload says, or begin again with POST.',
  },
  UPDATE_DOWNLOAD: {
    text: 'The bundle could not be fetched from {url}: {problem}',
    ekuiperCode: 1000,
    retriable: true,
    cure: 'Look at address and network. What was fetched is kept, the next try goes on there.',
  },
  UPDATE_STOPPED: {
    text: 'The update was stopped while {phase}',
    ekuiperCode: 1000,
    cure: 'The running system was not changed. Begin again when you like.',
  },
  UPDATE_FAILED: {
    text: 'The update could not be installed: {problem}',
    ekuiperCode: 1000,
    cure: 'The running system was not changed. journalctl -u rauc -u kuiper-update says more; kuiper system support-bundle gathers it.',
  },
  UPDATE_NOTHING: {
    text: 'There is nothing to {verb}: {text}',
    ekuiperCode: 1000,
    httpStatus: 409,
    cure: 'kuiper system update status says which version runs and whether there is one to go back to.',
  },
  UPDATE_NOT_STARTED: {
    text: 'Version {version} did not start: {problem}',
    ekuiperCode: 1000,
    cure: 'The previous version runs again. Give the support bundle to the builder; a newer bundle may be installed at once.',
  },
  UPDATE_NOT_HEALTHY: {
    text: 'Version {version} was started and left: {problem}',
    ekuiperCode: 1000,
    cure: 'The previous version runs again. The reason names what was worse than before; correct it (a plugin that the new version refuses), or wait for a newer bundle.',
  },
  UPDATE_GIVEN_UP: {
    text: 'Version {version} was left by {by}: {problem}',
    ekuiperCode: 1000,
    cure: 'Somebody asked for the previous version.',
  },
} as const satisfies Record<string, CatalogueEntry>;
