import { z } from 'zod';
import { pattern, sha256, text, version } from './fields.ts';

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
  };
}

export const dockerSchema = z
  .strictObject(archiveFields('Docker', 'download.docker.com'))
  .describe('Docker Engine from its static archive. Not together with `containerd`.');

export const containerdSchema = z
  .strictObject(archiveFields('containerd', 'its release on github.com'))
  .describe('containerd from its release archive. Not together with `docker`.');
