import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ScriptCall } from '../../lab/guest/scripts/call.ts';
import { SCRIPT_MODELS } from '../../lab/guest/scripts/models.ts';
import { Tasks } from '../../lab/guest/tasks.ts';
import { freshWindows, type Windows } from '../../lab/guest/windows.ts';
import { ScenarioState } from '../../lab/scenario.ts';

const KEYS = 'C:/ProgramData/ssh/administrators_authorized_keys';
const CONFIG = 'C:/ProgramData/ssh/sshd_config';
const TOOLS = 'C:/ProgramData/VMware/VMware Tools/tools.conf';
const KEY = 'ssh-ed25519 AAAA x';

/** A Windows in which every one of the scripts has something to do. */
function neglected(): Windows {
  const windows = freshWindows({
    build: '19042.508',
    editionId: 'ServerStandardACor',
    installationType: 'Server Core',
  });
  windows.toolsVersion = '12.3.5.1';
  windows.services.set('VMTools', { status: 'Stopped', startType: 'Manual' });
  windows.services.set('sshd', { status: 'Running', startType: 'Manual' });
  windows.features.set('Containers', 'Installed');
  windows.files.makeFolder('C:/ProgramData/ssh');
  windows.files.makeFolder('C:/ProgramData/ingot');
  windows.files.makeFolder('C:/ProgramData/VMware/VMware Tools');
  windows.files.write(KEYS, 'other\r\n', { acl: 'O:BAG:SYD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;0x1200a9;;;AU)' });
  windows.files.write(CONFIG, 'Port 22\r\n');
  windows.files.write(TOOLS, '[guestinfo]\r\nexclude-nics=\r\n', {
    acl: 'O:BAG:SYD:AI(A;;FA;;;BA)(A;;FA;;;SY)(A;;FA;;;BU)',
  });
  windows.files.write('C:/ProgramData/ingot/sshd_config', 'Port 22\r\nMaxAuthTries 3\r\n');
  windows.files.write('C:/ProgramData/ingot/daemon.json', '{"debug":true}');
  windows.files.write('C:/ProgramData/ingot/docker.zip', 'Docker');
  windows.firewall.push({
    ...{ name: 'OpenSSH-Server-In-TCP', port: '22', protocol: 'TCP', enabled: true },
    ...{ direction: 'Inbound', action: 'Allow', edgeTraversal: 'Block', profile: 'Private' },
    ...{ remoteAddresses: ['Any'], program: 'Any' },
  });
  return windows;
}

function call(windows: Windows, name: string, parameters: object, test: boolean): ScriptCall {
  const nothing = () => undefined;
  return {
    ...{ spawn: async () => 0, publish: async () => undefined, breakOff: nothing },
    ...{ name, text: '', parameters: Object.fromEntries(Object.entries(parameters)), test, windows },
    ...{
      scenario: new ScenarioState({}),
      bootTime: new Date(0),
      network: () => [],
      context: 'network',
      tasks: new Tasks(),
    },
    ...{
      progress: nothing,
      write: nothing,
      after: nothing,
      startSysprep: nothing,
      restart: nothing,
      stopTools: nothing,
    },
  };
}

/** All of a Windows as plain data; when a file was written does not count. */
function picture({ files, ...rest }: Windows) {
  const entries = files.all().map(({ modified: _, content, ...entry }) => ({ ...entry, content: content.toString() }));
  return structuredClone({ ...rest, entries: entries.sort((a, b) => (a.path < b.path ? -1 : 1)) });
}

const SHA256 = '2bdc0b7ce53a1e2c3d0c7c1a3ea0a9f7f3f0a1c9d3f1b0a5f1c4f1f6c1a7d9e0';
const CASES: Readonly<Record<string, object>> = {
  'vmware-tools.ps1': {},
  'tools-conf.ps1': {},
  'openssh.ps1': { authorizedKeys: [KEY], port: 22, config: 'C:\\ProgramData\\ingot\\sshd_config' },
  'firewall.ps1': { rules: [{ name: 'ContainerLogsPort', port: 10250, protocol: 'TCP' }] },
  'docker.ps1': {
    version: '26.1.0',
    sha256: SHA256,
    url: 'https://example.com/x.zip',
    daemonJson: 'C:\\ProgramData\\ingot\\daemon.json',
  },
  'containerd.ps1': { version: '1.7.20', sha256: SHA256, url: 'https://example.com/x.tar.gz' },
};

suite('a script of the contract', () => {
  for (const [name, parameters] of Object.entries(CASES)) {
    test(`${name}: -Test changes nothing and tells what a run would; a run does it, and a second one nothing`, async () => {
      const model = SCRIPT_MODELS[name];
      assert.ok(model !== undefined);
      const windows = neglected();
      const before = picture(windows);
      const run = async (test: boolean, given: object = parameters) => {
        const result = JSON.parse(JSON.stringify(await model(call(windows, name, given, test))));
        assert.deepEqual(Object.keys(result).sort(), ['after', 'before', 'changed', 'evidence', 'rebootRequired']);
        return result;
      };
      const looked = await run(true);
      assert.deepEqual(picture(windows), before, '-Test changed something');
      assert.equal(looked.changed, true);
      assert.deepEqual(looked.after, looked.before);
      const done = await run(false);
      assert.notDeepEqual(picture(windows), before);
      assert.deepEqual([done.changed, done.before], [true, looked.before]);
      // What was put into place is not given a second time.
      const { config: _, daemonJson: __, ...again } = Object.assign({ config: '', daemonJson: '' }, parameters);
      const second = await run(false, again);
      assert.equal(second.changed, false);
      assert.deepEqual(second.after, done.after);
    });
  }
});
