import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { readAuthorizedKeys } from '../image/files.ts';
import { scriptFile, scriptParts } from '../scripts/digest.ts';
import { defineStep } from './define.ts';
import { inspectMedia } from './inspect-media.ts';
import { answerSecrets, installInputs } from './support/answer-files.ts';
import { checkedXml } from './support/checked-answer-file.ts';
import { discEntries, discInputs } from './support/disc-files.ts';
import { installContext, installFile, volumeLabel } from './support/install-answer-file.ts';
import { opensshEntries, opensshParameters } from './support/openssh-disc.ts';
import { scriptFiles } from './support/script.ts';
import { sysprepXml } from './support/sysprep-answer-file.ts';
import { uploadIso } from './upload-iso.ts';

/** Autounattend.xml, the bootstrap and its parameters on a small disc. It holds a password, so it stays in memory. */
export const answerDisc = defineStep({
  id: 'answer-disc',
  title: 'Write the answer disc',
  needs: { media: inspectMedia },
  // The digest of the ISO is known from then on at the latest, and with it all fingerprints.
  after: [uploadIso],
  inputs: async (image, { digests, iso }) => ({
    ...(await installInputs(image)),
    iso: await iso.digest(),
    // However media.edition names it.
    image: (await iso.facts()).image.index,
    files: await discInputs(image.media.files, digests),
    drivers: [...image.media.drivers],
    authorizedKeys: await readAuthorizedKeys(image),
    username: image.openssh.username,
    openssh: await opensshParameters(image, digests),
  }),
  files: scriptFiles('bootstrap'),
  output: z.object({ name: z.string(), size: z.number(), build: z.string() }),
  timeout: 60_000,
  async run({ build, config, inputs, needs, password, redactor, held, iso, signal, warn }) {
    const { writeIso } = await import('../iso/writer/write.ts');
    const { image, evaluation } = needs.media;
    // With it any runner can make the password again; it becomes part of the VM, see create-vm.
    held.salt = randomBytes(16).toString('hex');
    const secrets = await answerSecrets(config, redactor, await password('master', signal));
    const file = await installFile(config, { image, evaluation }, secrets);
    const context = installContext(config, (await iso.facts()).image, evaluation);
    const autounattend = await checkedXml(file, context, warn);
    // A mistake in the other answer file is told now, and not when Windows is installed.
    await sysprepXml(config, redactor, () => undefined);
    const { authorizedKeys, openssh, username } = inputs;
    // The time of now: a clock that is far off is put right by it before anything is installed.
    const parameters = { build, time: new Date().toISOString(), username, authorizedKeys, openssh };
    const bootstrap = await scriptFile('bootstrap.ps1');
    const scripts = [bootstrap, ...(await scriptParts(bootstrap.bytes))];
    const disc = await writeIso(
      [
        { path: 'Autounattend.xml', data: autounattend },
        ...scripts.map(({ name, bytes }) => ({ path: name, data: bytes })),
        { path: 'bootstrap.json', data: Buffer.from(JSON.stringify(parameters), 'utf8') },
        ...(await opensshEntries(config, openssh.archive)),
        ...(await discEntries(config.media.files)),
      ],
      { volumeLabel, date: new Date(Math.floor(Date.now() / 1000) * 1000) },
    );
    held.answerDisc = disc;
    return { name: `${randomBytes(16).toString('hex')}.iso`, size: disc.size, build };
  },
  verify: async ({ config }, { size }) => {
    const { files } = config.media;
    const more = files.length === 0 ? '' : `, and ${files.map(({ to }) => to).join(', ')}`;
    return [`Autounattend.xml, bootstrap.ps1 and the public keys${more}, ${size / 1024} KiB`];
  },
});
