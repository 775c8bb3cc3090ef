import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PASSES, type PassSettings, type Setting } from '../../unattend/model.ts';
import { parseAnswerFile } from '../../unattend/parse.ts';
import { sysprepAnswerFile } from '../../unattend/sysprep.ts';
import { writeAnswerFile } from '../../unattend/write.ts';
import { facts, HOSTILE, sysprepOptions, withoutPlaces, xmllint } from './samples.ts';

test('reading what was written gives the same model', () => {
  const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9.-]{0,12}$/);
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }).map((value) => value.replace(/[^\t\n\r -\ud7ff]/g, '?')),
    fc.constantFrom(...HOSTILE),
  );
  const { setting } = fc.letrec<{ setting: Setting }>((tie) => ({
    setting: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.record<Setting>({ name, value: text, action: text, keyValue: text }, { requiredKeys: ['name', 'value'] }),
      fc.record<Setting>(
        { name, children: fc.array(tie('setting'), { minLength: 1, maxLength: 4 }), action: text },
        { requiredKeys: ['name', 'children'] },
      ),
    ),
  }));
  const component = fc.record({
    name: text,
    attributes: fc.record({ processorArchitecture: text, language: text }),
    settings: fc.array(setting, { maxLength: 4 }),
  });
  const pass = fc.record<PassSettings>({
    pass: fc.constantFrom<string>(...PASSES),
    components: fc.array(component, { maxLength: 3 }),
  });
  fc.assert(
    fc.property(fc.array(pass, { maxLength: 4 }), (passes) => {
      assert.deepEqual(withoutPlaces(parseAnswerFile(writeAnswerFile({ passes }))), withoutPlaces({ passes }));
    }),
    { numRuns: 150 },
  );
});

test('the text is deterministic, with declaration and indents', () => {
  const [first, second] = [0, 1].map(() => writeAnswerFile(sysprepAnswerFile(sysprepOptions)));
  assert.equal(first, second);
  assert.match(
    first ?? '',
    /^<\?xml version="1.0" encoding="UTF-8"\?>\n<unattend xmlns="urn:schemas-microsoft-com:unattend"/,
  );
  assert.match(first ?? '', /^ {6}<ComputerName>winhost<\/ComputerName>$/m);
});

const FOREIGN = `<?xml version="1.0" encoding="utf-8"?>
<!-- by hand -->
<u:unattend xmlns:u="urn:schemas-microsoft-com:unattend" xmlns:c="http://schemas.microsoft.com/WMIConfig/2002/State">
  <u:settings pass="oobeSystem" wasPassProcessed="true">
    <u:component name="Microsoft-Windows-Shell-Setup" processorArchitecture="amd64">
      <u:FirstLogonCommands>
        <u:SynchronousCommand c:action="add"><u:Order>1</u:Order>
          <u:CommandLine><![CDATA[cmd /c echo "a&b"]]></u:CommandLine>
        </u:SynchronousCommand>
      </u:FirstLogonCommands>
    </u:component>
  </u:settings>
  <cpi:offlineImage cpi:source="wim:c:/install.wim#2" xmlns:cpi="urn:schemas-microsoft-com:cpi" />
</u:unattend>
`;

test('foreign files are read: prefixes, CDATA, CRLF, byte order marks, UTF-16', () => {
  const expected = {
    'oobeSystem/Microsoft-Windows-Shell-Setup/FirstLogonCommands/SynchronousCommand[1]/Order': '1',
    'oobeSystem/Microsoft-Windows-Shell-Setup/FirstLogonCommands/SynchronousCommand[1]/CommandLine':
      'cmd /c echo "a&b"',
  };
  const utf16 = FOREIGN.replace('encoding="utf-8"', 'encoding="utf-16"');
  for (const form of [
    FOREIGN,
    FOREIGN.replaceAll('\n', '\r\n'),
    Buffer.from(`\ufeff${FOREIGN}`),
    Buffer.from(`\ufeff${utf16}`, 'utf16le'),
    Buffer.from(`\ufeff${utf16}`, 'utf16le').swap16(),
    Buffer.from(utf16, 'utf16le'),
  ]) {
    const file = parseAnswerFile(form);
    assert.deepEqual(facts(file), expected);
    assert.deepEqual(file.passes[0]?.attributes, { wasPassProcessed: 'true' });
    const again = writeAnswerFile(file);
    xmllint(again);
    assert.deepEqual(withoutPlaces(parseAnswerFile(again)), withoutPlaces(file));
  }
  const latin = Buffer.from(FOREIGN.replace('utf-8', 'windows-1252').replace('a&b', 'a\u00fcb'), 'latin1');
  assert.match(Object.values(facts(parseAnswerFile(latin))).join(), /aüb/);
});

test('settings know their line and column', () => {
  const file = parseAnswerFile(FOREIGN.replaceAll('\n', '\r\n'));
  const command = file.passes[0]?.components[0]?.settings[0]?.children?.[0];
  assert.deepEqual(file.passes[0]?.place, { line: 4, column: 3 });
  assert.deepEqual(command?.place, { line: 7, column: 9 });
  assert.deepEqual(command?.children?.[0]?.place, { line: 7, column: 46 });
});
