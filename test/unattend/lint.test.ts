import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleFile } from '../../unattend/lint/example.ts';
import { lintAnswerFile } from '../../unattend/lint.ts';
import { parseAnswerFile } from '../../unattend/parse.ts';
import { sysprepAnswerFile } from '../../unattend/sysprep.ts';
import { BIOS, CORE, EFI, MISTAKES, SPECIALIZE } from './mistakes.ts';
import { sysprepOptions } from './samples.ts';

for (const { file, from, to, context, codes, path, line } of MISTAKES) {
  test(`${codes[0]} (${to.slice(0, 40).replaceAll('\n', ' ') || JSON.stringify(context ?? {})}): told with its place`, () => {
    assert.deepEqual(lintAnswerFile(parseAnswerFile(file)), []);
    const wrong = file.replace(from, (whole, group) => to.replaceAll('$1', typeof group === 'string' ? group : whole));
    assert.ok(wrong !== file || context !== undefined, 'the mistake was made');
    const findings = lintAnswerFile(parseAnswerFile(wrong), context);
    assert.deepEqual(findings.map(({ code }) => code).sort(), [...codes].sort());
    const [finding] = findings;
    assert.equal(finding?.path, path);
    assert.ok(wrong.split('\n')[(finding?.place?.line ?? 0) - 1]?.includes(line), JSON.stringify(finding?.place));
  });
}

test('the layout is judged by the firmware of the VM when it is known', () => {
  const codes = (xml: string, firmware: 'efi' | 'bios') =>
    lintAnswerFile(parseAnswerFile(xml), { firmware }).map(({ code }) => code);
  assert.deepEqual(codes(EFI, 'efi'), []);
  assert.deepEqual(codes(BIOS, 'bios'), []);
  assert.deepEqual(codes(EFI, 'bios'), ['unattend.disk-layout']);
  assert.deepEqual(codes(BIOS, 'efi'), ['unattend.disk-layout']);
});

/** Another disk behind the first one. */
const withDisk = (xml: string, disk: string) => xml.replace('</Disk>', `</Disk>\n${disk}`);
const dataDisk = `<Disk wcm:action="add"><DiskID>1</DiskID><WillWipeDisk>true</WillWipeDisk>
<CreatePartitions><CreatePartition wcm:action="add"><Order>1</Order><Type>Primary</Type><Extend>true</Extend></CreatePartition></CreatePartitions>
<ModifyPartitions><ModifyPartition wcm:action="add"><Order>1</Order><PartitionID>1</PartitionID><Letter>D</Letter></ModifyPartition></ModifyPartitions>
</Disk>`;

test('only the disk that Windows is installed to has to boot', () => {
  for (const [xml, firmware] of [[EFI, 'efi'] as const, [BIOS, 'bios'] as const]) {
    for (const context of [{}, { firmware }]) {
      assert.deepEqual(lintAnswerFile(parseAnswerFile(withDisk(xml, dataDisk)), context), []);
    }
    const elsewhere = withDisk(xml, dataDisk).replace(/(<InstallTo>\s*<DiskID>)0/, '$11');
    const codes = lintAnswerFile(parseAnswerFile(elsewhere), { firmware }).map(({ code }) => code);
    assert.deepEqual(codes, ['unattend.disk-layout', 'unattend.install-to']);
  }
});

test('logical partitions lie in an extended one, which takes the rest of the disk as they do', () => {
  const logical = BIOS.replace(
    /<Type>Primary<\/Type>(\s*<Extend>true<\/Extend>\s*<\/CreatePartition>)/,
    '<Type>Extended</Type>$1<CreatePartition wcm:action="add"><Order>3</Order><Type>Logical</Type>$1',
  );
  assert.match(logical, /Logical/);
  assert.deepEqual(lintAnswerFile(parseAnswerFile(logical)), []);
  const behind = logical.replace('<Type>Logical</Type>', '<Type>Primary</Type>');
  assert.deepEqual(
    lintAnswerFile(parseAnswerFile(behind)).map(({ code }) => code),
    ['unattend.disk-size'],
  );
});

test('a disk of thousands of partitions takes no longer than its size', () => {
  const count = 5000;
  const items = (name: string, inner: string) =>
    Array.from(
      { length: count },
      (_, index) => `<${name} wcm:action="add"><Order>${index + 1}</Order>${inner}</${name}>`,
    );
  const xml = withDisk(
    EFI,
    `<Disk wcm:action="add"><DiskID>1</DiskID><WillWipeDisk>true</WillWipeDisk>
<CreatePartitions>${items('CreatePartition', '<Type>Primary</Type><Size>9</Size>').join('\n')}</CreatePartitions>
<ModifyPartitions>${items('ModifyPartition', '<PartitionID>1</PartitionID>').join('\n')}</ModifyPartitions></Disk>`,
  );
  const file = parseAnswerFile(xml);
  const begin = process.cpuUsage();
  lintAnswerFile(file);
  const { user } = process.cpuUsage(begin);
  assert.ok(user < 3_000_000, `${user} µs`);
});

test('what Windows knows is no finding', () => {
  const shell = (inner: string) => exampleFile({ at: SPECIALIZE, bad: '', good: '' }, inner);
  const core = (inner: string) => exampleFile({ at: CORE, bad: '', good: '' }, inner);
  for (const xml of [
    ...['UTC', 'Kamchatka Standard Time', 'UTC+13', 'Pacific Standard Time_dstoff', 'romance standard time'].map(
      (zone) => shell(`<TimeZone>${zone}</TimeZone>`),
    ),
    ...['zh-Hans-CN', 'sr-Latn-RS', 'EN-us', 'es-419', 'ca-ES-valencia', ''].map((tag) =>
      core(`<UserLocale>${tag}</UserLocale>`),
    ),
    ...['0407:00000407', '0c0a:0000040a', '0409:00020409', '1000:00000409', 'en-US; fr-FR;es-ES', ''].map((keys) =>
      core(`<InputLocale>${keys}</InputLocale>`),
    ),
    core(
      '<InputLocale>0411:{03B5835F-F03C-411B-9CE2-AA23E1171E36}{A76C93D9-5523-4E90-AAFA-4DB112F9AC76}</InputLocale>',
    ),
    shell('<ComputerName>*</ComputerName>'),
    shell('<ComputerName>FIFTEEN-LETTERS</ComputerName>'),
    EFI.replaceAll('Microsoft-Windows-Deployment', 'microsoft-windows-deployment'),
  ]) {
    assert.deepEqual(lintAnswerFile(parseAnswerFile(xml)), [], xml);
  }
});

test('a file for two architectures says everything twice, and that is no mistake', () => {
  const both = EFI.replace(
    /( *<component [\s\S]*?<\/component>\n)/g,
    (component: string) => component.replaceAll('"amd64"', '"x86"') + component,
  );
  assert.equal((both.match(/"x86"/g) ?? []).length, (EFI.match(/"amd64"/g) ?? []).length);
  assert.deepEqual(lintAnswerFile(parseAnswerFile(both)), []);
});

test('audit mode has a password and a logon of its own', () => {
  const audit = EFI.replace(
    /<settings pass="oobeSystem">[\s\S]*?<\/settings>/,
    (oobe) =>
      oobe
        .replace('oobeSystem', 'auditSystem')
        .replace(/<component name="[^"]*International[\s\S]*?<\/component>/, '') + oobe,
  )
    .replace(/<FirstLogonCommands>[\s\S]*?<\/FirstLogonCommands>/, '')
    .replace(/<OOBE>[\s\S]*?<\/OOBE>/, '')
    .replace(/<RegisteredO[\s\S]*?<\/RegisteredOwner>/, '');
  assert.equal(audit.match(/<AdministratorPassword>/g)?.length, 2);
  assert.deepEqual(lintAnswerFile(parseAnswerFile(audit)), []);
  const sysprep = audit
    .replace(/<settings pass="windowsPE">[\s\S]*?<\/settings>/, '')
    .replace(/(<Enabled>true[\s\S]*<Enabled>)true/, '$1false');
  assert.deepEqual(lintAnswerFile(parseAnswerFile(sysprep), { use: 'sysprep' }), []);
});

test('a file that was made and not parsed is linted too, without places', () => {
  const [finding] = lintAnswerFile(sysprepAnswerFile({ ...sysprepOptions, computerName: '-' }));
  assert.equal(finding?.path, 'specialize/Microsoft-Windows-Shell-Setup/ComputerName');
  assert.equal(finding?.place, null);
});

test('a secret in a wrong place is not told', () => {
  const key = 'ABCDE-ABCDE-ABCDE-ABCDE-ABCD';
  const xml = EFI.replace(/<Key>N2[^<]*/, `<Key>${key}`).replace(/(<Value>)[\w+/=]{30,}/, '$1hunter2');
  const findings = JSON.stringify(lintAnswerFile(parseAnswerFile(xml)));
  assert.match(findings, /product-key-shape.*password-encoding/);
  assert.doesNotMatch(findings, /ABCDE|hunter2/);
});
