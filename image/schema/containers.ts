import { z } from 'zod';
import { hints, pattern, sha256, text, version } from './fields.ts';

function archiveFields(what: string, origin: string) {
  return {
    version: version().describe(`Version of ${what}.`),
    sha256: sha256().describe('SHA-256 that the archive must have.'),
    url: pattern(/^[Hh][Tt][Tt][Pp][Ss]?:\/\/[^\s/]+\/\S+$/, { expected: 'an http or https URL' })
      .optional()
      .describe(`Where Windows downloads the archive from. Left out: ${origin}.`),
    archive: text('the path of an archive')
      .optional()
      .describe('Archive on this machine, relative to this file, uploaded to Windows instead of `url`.'),
    proxy: pattern(/^[Hh][Tt][Tt][Pp]:\/\/[^\s/@]+\/?$/, { expected: 'the URL of a proxy, such as http://proxy:3128' })
      .optional()
      .describe('HTTP proxy for the download, without a password.'),
  };
}

export const dockerSchema = z
  .strictObject({
    ...archiveFields('Docker', 'download.docker.com'),
    daemon: z
      .record(z.string(), z.json())
      .register(hints, { expected: 'settings of daemon.json' })
      .optional()
      .describe(
        'Settings of `C:\\ProgramData\\docker\\config\\daemon.json`. Objects are merged with what is there, lists and values replace; other settings stay.',
      ),
  })
  .describe('Docker Engine from its static archive. Not together with `containerd`.');

export const containerdSchema = z
  .strictObject(archiveFields('containerd', 'its release on github.com'))
  .describe('containerd from its release archive. Not together with `docker`.');
