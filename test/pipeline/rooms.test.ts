import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../..');

/** What each room may import of ours: the table of CONTRIBUTING.md, checked. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  common: [],
  pipeline: ['common'],
  image: ['common', 'unattend'],
  vsphere: ['common'],
  guest: ['common', 'scripts'],
  scripts: ['common'],
  unattend: ['common'],
  iso: ['common'],
  steps: ['common', 'pipeline', 'image', 'vsphere', 'guest', 'iso', 'unattend', 'scripts', 'handover'],
  reporters: ['common', 'pipeline'],
  handover: ['common', 'image', 'vsphere'],
  lab: ['common'],
};

for (const [room, rooms] of Object.entries(allowed)) {
  test(`${room}/ imports only what lies below it`, () => {
    for (const file of sources(join(root, room))) {
      for (const [, target = ''] of readFileSync(file, 'utf8').matchAll(
        /(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g,
      )) {
        const to =
          join(file, '..', target)
            .slice(root.length + 1)
            .split('/')[0] ?? '';
        assert.ok(to === room || rooms.includes(to), `${file.slice(root.length + 1)} imports ${target}`);
      }
    }
  });
}

test('the engine knows nothing of Windows or vSphere', () => {
  for (const file of sources(join(root, 'pipeline'))) {
    assert.doesNotMatch(readFileSync(file, 'utf8'), /windows|vsphere|vcenter|sysprep|guest|esxi/i, file);
  }
});

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}
