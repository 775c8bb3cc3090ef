import { z } from 'zod';
import { hints, pattern, text } from './fields.ts';

export const defenderSchema = z
  .strictObject({
    exclusions: z
      .strictObject({
        paths: z
          .array(text('a folder or file such as C:\\app', 260))
          .default([])
          .describe('Folders and files that are not scanned: absolute paths; `*` stands for a part of one.'),
        processes: z
          .array(text('a program such as dockerd.exe', 260))
          .default([])
          .describe('Programs whose files are not scanned while they open them: a name or an absolute path.'),
        extensions: z
          .array(pattern(/^\.?[^\s.\\/:*?"<>|]+$/, { expected: 'an extension such as vhdx' }))
          .register(hints, { expected: 'a list of extensions such as vhdx' })
          .default([])
          .describe('Extensions of files that are not scanned.'),
      })
      .prefault({})
      .describe('What Defender leaves alone.'),
    keep: z
      .boolean()
      .default(false)
      .describe('Whether the exclusions stay in the image. Otherwise they are taken back before the master is kept.'),
  })
  .prefault({})
  .describe('Microsoft Defender Antivirus. It stays on.');
