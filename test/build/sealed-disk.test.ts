import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { assertDone } from './built.ts';
import { openSite } from './site.ts';
import { readVm } from './vm.ts';

const site = await openSite();
const { lab } = site;

/** The one file that may hold a password: what Sysprep kept for a clone's first start. */
const ALLOWED = 'C:/Windows/Panther/unattend.xml';

/** A password as it may lie in a file: as text in both encodings of Windows, and as an answer file encodes it. */
function formsOf(password: string): Buffer[] {
  const encoded = ['', 'Password', 'AdministratorPassword'].flatMap((suffix) => [
    Buffer.from(password + suffix, 'utf16le').toString('base64'),
    Buffer.from(password + suffix, 'utf8').toString('base64'),
  ]);
  const texts = [password, ...encoded.map((text) => text.replace(/=+$/, ''))];
  return texts.flatMap((text) => [Buffer.from(text, 'utf8'), Buffer.from(text, 'utf16le')]);
}

interface Found {
  readonly purpose: string;
  readonly path: string;
}

/** Which files of a VM's disk hold which password that Administrator ever had there. */
async function passwordsOn(name: string): Promise<{ readonly found: Found[]; readonly known: string[] }> {
  const { files, passwords } = await lab.disk((await readVm(site, name)).self.value);
  const searched = Object.entries(passwords).map(([purpose, password]) => ({ purpose, forms: formsOf(password) }));
  const found = files.flatMap(({ path, content }) => {
    const bytes = Buffer.from(content, 'base64');
    return searched
      .filter(({ forms }) => forms.some((form) => bytes.includes(form)))
      .map(({ purpose }) => ({ purpose, path }));
  });
  return { found, known: Object.keys(passwords).sort() };
}

const owned = { windows: { administratorPassword: 'env:OWN_PASSWORD' } };
const env = { OWN_PASSWORD: 'Own-Passw0rd-of-2026' };

suite('no password of the build is left on the sealed disk', () => {
  test('random ones: nowhere; the answer file of the clones is there', async () => {
    await lab.faults.scenario({});
    assertDone(await site.build(await site.image('sealed')));
    const { found, known } = await passwordsOn('sealed');
    assert.deepEqual(known, ['installation', 'task']);
    assert.deepEqual(found, []);
    const { files } = await lab.disk((await readVm(site, 'sealed')).self.value);
    const answer = files.find(({ path }) => path === ALLOWED);
    assert.match(Buffer.from(answer?.content ?? '', 'base64').toString(), /<AdministratorPassword>/);
    assert.deepEqual(
      files
        .map(({ path }) => path)
        .filter((path) => /ProgramData\/ingot|Windows\/Panther\/(?!unattend\.xml$)/.test(path)),
      [],
    );
  });

  test('one of the image file, which the clones have too: only in the answer file that Sysprep keeps', async () => {
    await lab.faults.scenario({});
    assertDone(await site.build(await site.image('owned', owned), { env }));
    const { found } = await passwordsOn('owned');
    assert.deepEqual(found, [{ purpose: 'installation', path: ALLOWED }]);
  });

  test('the search sees what is there: the master has it where Setup keeps it', async () => {
    const { found } = await passwordsOn('sealed-master');
    const paths = found.map(({ path }) => path).sort();
    assert.deepEqual(paths, [
      'C:/Windows/Panther/Unattend/unattend.xml',
      'C:/Windows/Panther/unattend-original.xml',
      'C:/Windows/Panther/unattend.xml',
    ]);
  });
});
