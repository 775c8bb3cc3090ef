import assert from 'node:assert/strict';
import { test } from 'node:test';
import { remoteAssistance, remoteDesktop } from '../../unattend/components/remote-access.ts';
import { userAccountControl } from '../../unattend/components/server.ts';
import { extraProblems } from '../../unattend/extra.ts';
import { installAnswerFile } from '../../unattend/install.ts';
import { lintAnswerFile } from '../../unattend/lint.ts';
import type { AnswerFile } from '../../unattend/model.ts';
import { type PassTree, passes } from '../../unattend/settings.ts';
import { sysprepAnswerFile } from '../../unattend/sysprep.ts';
import { facts, failure, installOptions, sysprepOptions } from './samples.ts';

const SHELL = 'Microsoft-Windows-Shell-Setup';

function merged(...trees: readonly PassTree[]): Record<string, string> {
  const file: AnswerFile = { passes: passes(...trees) };
  return facts(file);
}

test('the user’s settings win: values and lists as a whole, settings one by one', () => {
  const ours: PassTree = {
    specialize: { [SHELL]: { ComputerName: 'a', Themes: { ThemeName: 'x', DefaultThemesOff: true } } },
    oobeSystem: { [SHELL]: { FirstLogonCommands: { SynchronousCommand: [{ Order: 1 }, { Order: 2 }] } } },
  };
  const theirs: PassTree = {
    specialize: { [SHELL]: { ComputerName: 'b', Themes: { ThemeName: 'y' } }, 'Contoso-Agent': { Port: 1 } },
    oobeSystem: { [SHELL]: { FirstLogonCommands: { SynchronousCommand: [{ Order: 1, CommandLine: 'c' }] } } },
  };
  assert.deepEqual(merged(ours, theirs), {
    [`specialize/${SHELL}/ComputerName`]: 'b',
    [`specialize/${SHELL}/Themes/ThemeName`]: 'y',
    [`specialize/${SHELL}/Themes/DefaultThemesOff`]: 'true',
    'specialize/Contoso-Agent/Port': '1',
    [`oobeSystem/${SHELL}/FirstLogonCommands/SynchronousCommand[1]/Order`]: '1',
    [`oobeSystem/${SHELL}/FirstLogonCommands/SynchronousCommand[1]/CommandLine`]: 'c',
  });
});

test('null takes a setting or a component away', () => {
  const shell = { [SHELL]: { ComputerName: 'a', TimeZone: 'UTC' } };
  assert.deepEqual(merged({ specialize: shell }, { specialize: { [SHELL]: { ComputerName: null } } }), {
    [`specialize/${SHELL}/TimeZone`]: 'UTC',
  });
  assert.deepEqual(merged({ specialize: shell }, { specialize: { [SHELL]: null } }), {});
});

test('a component is the same one in whatever case its name is written', () => {
  const ours: PassTree = { specialize: { [SHELL]: { ComputerName: 'a', TimeZone: 'UTC' } } };
  const lower = SHELL.toLowerCase();
  assert.deepEqual(merged(ours, { specialize: { [lower]: { ComputerName: 'b' } } }), {
    [`specialize/${SHELL}/ComputerName`]: 'b',
    [`specialize/${SHELL}/TimeZone`]: 'UTC',
  });
  assert.deepEqual(merged(ours, { specialize: { [lower]: null } }), {});
  const extra: PassTree = { specialize: { [lower]: { OEMName: 'x' } } };
  assert.deepEqual(lintAnswerFile(installAnswerFile({ ...installOptions, extra })), []);
});

test('each mistake in a user’s settings has a path, a code and a remedy', () => {
  const cases: readonly (readonly [unknown, string, string])[] = [
    [{ special: {} }, 'special', 'unattend.pass'],
    [{ WindowsPE: {} }, 'WindowsPE', 'unattend.pass'],
    [{ windowsPE: { [SHELL]: {} } }, `windowsPE/${SHELL}`, 'unattend.component-pass'],
    [{ specialize: { [SHELL]: { OOBE: {} } } }, `specialize/${SHELL}/OOBE`, 'unattend.setting-pass'],
    [
      { specialize: { [SHELL.toLowerCase()]: { OOBE: {} } } },
      `specialize/${SHELL.toLowerCase()}/OOBE`,
      'unattend.setting-pass',
    ],
    [{ specialize: { 'a/b': {} } }, 'specialize/a/b', 'unattend.component'],
    [{ specialize: { [SHELL]: { 'a b': 1 } } }, `specialize/${SHELL}/a b`, 'unattend.name'],
    [{ specialize: { [SHELL]: { A: [{ '<': 1 }] } } }, `specialize/${SHELL}/A/0/<`, 'unattend.name'],
    [{ specialize: { [SHELL]: { A: [[1]] } } }, `specialize/${SHELL}/A/0`, 'unattend.shape'],
    [{ specialize: { [SHELL]: { A: { B: Number.NaN } } } }, `specialize/${SHELL}/A/B`, 'unattend.shape'],
    [{ specialize: { [SHELL]: 'x' } }, `specialize/${SHELL}`, 'unattend.shape'],
    [{ specialize: [] }, 'specialize', 'unattend.shape'],
    [[], '', 'unattend.shape'],
    ['x', '', 'unattend.shape'],
    [
      JSON.parse('{"specialize": {"Contoso": {"__proto__": {"A": 1}}}}'),
      'specialize/Contoso/__proto__',
      'unattend.name',
    ],
  ];
  for (const [tree, path, code] of cases) {
    const [problem, ...others] = extraProblems(tree);
    assert.deepEqual([problem?.path.join('/'), problem?.code, others], [path, code, []], JSON.stringify(tree));
    assert.match(problem?.message ?? '', /expected .*found/);
    assert.notEqual(problem?.remedy, '');
  }
  assert.deepEqual(extraProblems({ special: {}, specialize: { [SHELL]: { OOBE: {}, 'a b': 1 } } }).length, 3);
  for (const right of [
    undefined,
    null,
    {},
    { specialize: null },
    { specialize: { 'Contoso-Agent': { A: [1, { 'wcm:keyValue': 'x' }] } } },
  ]) {
    assert.deepEqual(extraProblems(right), []);
  }
});

test('an answer file with a mistake in the user’s settings is not made', () => {
  const extra: PassTree = { specialize: { 'Microsoft-Windows-Setup': {} } };
  const refused = failure('unattend.extra', /^specialize\.Microsoft-Windows-Setup: expected .* in windowsPE/);
  assert.throws(() => installAnswerFile({ ...installOptions, extra }), refused);
  assert.throws(() => sysprepAnswerFile({ ...sysprepOptions, extra }), refused);
});

test('helpers for other components write what is documented, and lint clean', () => {
  const trees = [remoteDesktop(), remoteAssistance(false), userAccountControl(false)];
  assert.deepEqual(merged(...trees), {
    'offlineServicing/Microsoft-Windows-LUA-Settings/EnableLUA': 'false',
    'specialize/Microsoft-Windows-TerminalServices-LocalSessionManager/fDenyTSConnections': 'false',
    'specialize/Microsoft-Windows-TerminalServices-RDP-WinStationExtensions/UserAuthentication': '1',
    'specialize/Networking-MPSSVC-Svc/FirewallGroups/FirewallGroup[1]/Active': 'true',
    'specialize/Networking-MPSSVC-Svc/FirewallGroups/FirewallGroup[1]/Group': '@FirewallAPI.dll,-28752',
    'specialize/Networking-MPSSVC-Svc/FirewallGroups/FirewallGroup[1]/Profile': 'all',
    'specialize/Microsoft-Windows-RemoteAssistance-Exe/fAllowToGetHelp': 'false',
  });
  assert.deepEqual(lintAnswerFile({ passes: passes(...trees) }), []);
});
