import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { type RunningLab, startLab } from '../../lab/client.ts';
import { createVm, install, type Session, script, ssh, sshOptions, upload } from './support/guest.ts';
import { temporaryFolder } from './support/media.ts';
import { PATH } from './support/tools.ts';

process.env.PATH = PATH;
const NAMES = 'windows-feature registry certificates time memory-dump defender cleanup inventory state'.split(' ');
const SCRIPTS = Object.fromEntries(NAMES.map((name) => [`${name}.ps1`, `# ${name}\r\n`]));
const FLAGS = { componentStore: 'none', eventLogs: false, retrim: false };

suite('the settings of a modelled Windows', () => {
  let lab: RunningLab;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let session: Session;

  before(async () => {
    [lab, folder] = await Promise.all([startLab(), temporaryFolder()]);
    const vm = await createVm(lab, { name: 'settings', folder: folder.path });
    const address = await install(lab, vm);
    session = { lab, address, folder: folder.path, options: await sshOptions(lab, vm, address, folder.path) };
    await upload(session, SCRIPTS);
  });
  after(async () => {
    await lab.stop();
    await folder[Symbol.asyncDispose]();
  });

  async function refused(name: string, parameters: unknown, code?: string): Promise<string> {
    const { error, result } = await script(session, `${name}.ps1`, parameters);
    assert.ok(error !== undefined, `${name} ${JSON.stringify(parameters)} gave ${JSON.stringify(result)}`);
    assert.equal(error.code, code, JSON.stringify(error));
    return String(error.message);
  }

  async function done(name: string, parameters: unknown): Promise<Record<string, unknown>> {
    const { result, out } = await script(session, `${name}.ps1`, parameters);
    assert.ok(result !== undefined, out);
    return result;
  }

  /** The result of a run with `-Test`. */
  async function reported(name: string, parameters: unknown): Promise<Record<string, unknown>> {
    const command = 'powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -File';
    const input = `${Buffer.from(JSON.stringify(parameters)).toString('base64')}\n`;
    const { out } = await ssh(session, `${command} C:\\ProgramData\\ingot\\scripts\\${name}.ps1 -Test`, input);
    return JSON.parse(/^##ingot:result (.*)$/m.exec(out)?.[1] ?? '{}');
  }

  test('a name that Windows does not know is refused, and so is a capability over the network', async () => {
    await refused('windows-feature', { names: ['Container'] }, 'feature.unknown');
    await refused('windows-feature', { capabilities: ['OpenSSH.Client'] }, 'capability.unknown');
    await refused('windows-feature', { capabilities: ['OpenSSH.Client~~~~0.0.1.0'] }, 'servicing.0x80070005');
    await refused('windows-feature', {});
  });

  test('a feature without payload needs a source', async () => {
    const names = ['NET-Framework-Core'];
    assert.match(await refused('windows-feature', { names }, 'servicing.0x800f081f'), /0x800f081f/);
    const { installed } = await done('windows-feature', { names, source: 'D:\\sources\\sxs' });
    assert.deepEqual(installed, names);
  });

  test('registry values must fit their types; a second run changes nothing', async () => {
    const at = { hive: 'HKLM', key: 'SOFTWARE\\X', name: 'a' };
    for (const wrong of [
      { type: 'Dword', value: 1 },
      { type: 'DWord', value: '1' },
      { type: 'DWord', value: 2 ** 32 },
      { type: 'QWord', value: 1 },
      { type: 'Binary', value: 'DE AD' },
      { type: 'MultiString', value: ['a', ''] },
      { type: 'String', value: 1 },
      { hive: 'HKCU', type: 'String', value: 'a' },
    ])
      await refused('registry', { values: [{ ...at, ...wrong }] });
    const denied = { values: [{ ...at, key: 'SAM\\X', type: 'String', value: 'a' }] };
    await refused('registry', denied, 'registry.access-denied');

    const values = { values: [{ ...at, type: 'DWord', value: 7 }] };
    assert.deepEqual(
      [(await reported('registry', values)).changed, (await done('registry', values)).changed],
      [true, true],
    );
    assert.equal((await done('registry', values)).changed, false);
    const other = { values: [{ ...at, type: 'QWord', value: '7' }] };
    assert.equal((await reported('registry', other)).changed, true, 'the type counts, too');
    const secret = await done('registry', { values: [{ ...at, name: 'b', type: 'String', secret: 'hunter2' }] });
    assert.ok(!JSON.stringify(secret).includes('hunter2'));
  });

  test('a certificate must be the one that its thumbprint names, and one at all', async () => {
    const file = join(folder.path, 'root.pem');
    const how = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '9', '-subj', '/CN=x'];
    execFileSync('openssl', ['req', '-x509', ...how, '-keyout', `${file}.key`, '-out', file], { stdio: 'ignore' });
    const { raw, fingerprint, fingerprint256 } = new X509Certificate(readFileSync(file));
    const one = { store: 'Root', thumbprint: fingerprint.replaceAll(':', ''), der: raw.toString('base64') };
    const other = { ...one, thumbprint: 'A'.repeat(40) };
    await refused('certificates', { certificates: [other] }, 'certificates.thumbprint');
    await refused('certificates', { certificates: [{ ...one, der: 'AAAA' }] });
    await refused('certificates', { certificates: [{ ...one, store: 'My' }] });
    const { after: now } = await done('certificates', { certificates: [one] });
    assert.equal(JSON.stringify(now).includes(fingerprint256.replaceAll(':', '').toLowerCase()), true);
    assert.equal((await done('certificates', { certificates: [one] })).changed, false);
  });

  test('the clock: peers with flags, a zone that there is, and no trigger left', async () => {
    const servers = ['ntp.example.com,0x8'];
    await refused('time', { zone: 'UTC', servers: ['ntp.example.com'], pollSeconds: 0 });
    await refused('time', { zone: 'UTC', servers: ['a,0x8 b,0x8'], pollSeconds: 0 });
    await refused('time', { zone: 'Europe/Berlin', servers, pollSeconds: 0 });
    const { before: old, after: now } = await done('time', { zone: 'UTC', servers, pollSeconds: 0 });
    assert.match(
      JSON.stringify(old),
      /"triggers":1,"vmwareTimeSync":"enabled","status":"Stopped","startType":"Manual"/,
    );
    assert.match(
      JSON.stringify(now),
      /"triggers":0,"vmwareTimeSync":"disabled","status":"Running","startType":"Automatic"/,
    );
  });

  test('with -Test nothing changes', async () => {
    const dump = { memoryDump: 'small', pageFileMegabytes: 1024 };
    const report = await reported('memory-dump', dump);
    assert.deepEqual([report.changed, report.after], [true, report.before]);
    assert.equal((await reported('memory-dump', dump)).changed, true);
    const absent = await reported('defender', { present: { paths: ['C:\\app'] } });
    assert.deepEqual(
      [absent.changed, (await reported('defender', { present: { paths: ['C:\\app'] } })).changed],
      [true, true],
    );
  });

  test('the component store is not cleaned over the network; files are', async () => {
    await refused('cleanup', { ...FLAGS, componentStore: 'cleanup' }, 'servicing.0x80070005');
    await refused('cleanup', { ...FLAGS, componentStore: 'all' });
    assert.equal((await done('cleanup', FLAGS)).rebootRequired, false);
  });
});
