import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';
import fc from 'fast-check';
import { decodeCliXml } from '../../guest/clixml.ts';
import {
  fingerprintOf,
  GuestError,
  parseBootstrapReport,
  parsePublicKey,
  parseSysprepReport,
} from '../../guest/index.ts';
import { LineSplitter, parseScriptLine } from '../../guest/markers.ts';
import { makeKey } from './sshd.ts';

const HOST_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBvX2n8NcpM6qcGzkAR0+l5JHy1v1jMwMWhGdC1eOAh1';
const READY = {
  state: 'ready',
  build: 'b1',
  hostKeys: [HOST_KEY],
  tools: { version: '12.3.5.22544099', status: 'Running', startType: 'Automatic' },
  os: { build: '19042.508', edition: 'ServerStandardACor', installationType: 'Server Core' },
  computerName: 'WIN-1',
  bootTime: '2026-11-21T05:00:00Z',
};

for (const type of ['ed25519', 'ecdsa', 'rsa']) {
  test(`reads an ${type} key as ssh-keygen does`, async () => {
    const { publicKey } = await makeKey(type);
    const folder = await mkdtemp(join(tmpdir(), 'ingot-pub-'));
    await writeFile(join(folder, 'key.pub'), publicKey);
    const { stdout } = await execa('ssh-keygen', ['-l', '-f', join(folder, 'key.pub')]);
    await rm(folder, { recursive: true });
    const key = parsePublicKey(`  ${publicKey}\r\n`);
    assert.equal(key.comment, 'test key');
    assert.equal(stdout.split(' ')[1], fingerprintOf(key.base64));
    if (type === 'rsa') assert.equal(stdout.split(' ')[0], String(key.rsaBits));
  });
}

test('what is no public key is refused, without being shown', () => {
  for (const line of [
    '',
    'ssh-ed25519',
    'ssh-dss AAAA',
    `ssh-rsa ${HOST_KEY.split(' ')[1]}`,
    HOST_KEY.slice(0, -4),
    'ssh-ed25519 %%%%',
    '-----BEGIN OPENSSH PRIVATE KEY-----',
  ]) {
    assert.throws(
      () => parsePublicKey(line),
      (error) => error instanceof GuestError && error.code === 'guest.public-key' && !error.message.includes('AAAAC3'),
      line,
    );
  }
});

test('the bootstrap reports of the contract are read', () => {
  const running = { state: 'running', build: 'b1', done: 2, total: 6, message: 'Installing OpenSSH Server' };
  const failed = { state: 'failed', build: 'b1', message: 'no disc', evidence: ['line'] };
  for (const report of [running, READY, failed]) assert.deepEqual(parseBootstrapReport(JSON.stringify(report)), report);
});

test('the sysprep reports of the contract are read', () => {
  const verdict = {
    run: 'r1',
    imageState: 'IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE',
    tag: true,
    exitCode: 0,
    errors: [],
  };
  for (const report of [
    { state: 'running', run: 'r1', message: 'Preparing' },
    { state: 'succeeded', ...verdict },
    { state: 'failed', ...verdict, tag: false, exitCode: -1, errors: ['x'] },
  ])
    assert.deepEqual(parseSysprepReport(JSON.stringify(report)), report);
});

test('reports are data from outside: wrong ones are guest.report, and say where', () => {
  const refused = (text: string, place: RegExp) =>
    assert.throws(
      () => parseBootstrapReport(text),
      (error) =>
        error instanceof GuestError &&
        error.code === 'guest.report' &&
        place.test([error.message, ...(error.evidence ?? [])].join()),
      text.slice(0, 80),
    );
  refused('{', /not JSON/);
  refused('null', /root/);
  refused(JSON.stringify({ ...READY, hostKeys: [] }), /hostKeys/);
  refused(JSON.stringify({ ...READY, hostKeys: ['ssh-ed25519 AAAA'] }), /hostKeys\.0/);
  refused(JSON.stringify({ ...READY, bootTime: 'now' }), /bootTime/);
  refused(JSON.stringify({ ...READY, state: 'perfect' }), /state/);
  refused(JSON.stringify({ ...READY, computerName: 'x'.repeat(9000) }), /computerName/);
  refused(' '.repeat(70_000), /70000 characters/);
});

test('no text whatever makes the parsers throw anything else', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      for (const parse of [parseBootstrapReport, parseSysprepReport]) {
        try {
          parse(text);
        } catch (error) {
          if (!(error instanceof GuestError)) throw error;
        }
      }
      parseScriptLine(`##ingot:${text}`);
      decodeCliXml(`#< CLIXML${text}`);
    }),
    { numRuns: 300 },
  );
});

test('lines are the same however the stream is cut', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-z]{1,8}$/)), fc.array(fc.nat(20)), (lines, cuts) => {
      const stream = lines.map((line) => `${line}\r\n`).join('');
      const found: string[] = [];
      const splitter = new LineSplitter((line) => found.push(line));
      let rest = stream;
      for (const cut of cuts) {
        splitter.push(rest.slice(0, cut));
        rest = rest.slice(cut);
      }
      splitter.push(rest);
      splitter.end();
      assert.deepEqual(found, lines);
    }),
    { numRuns: 200 },
  );
});

test('a line without end does not fill the memory', () => {
  const found: string[] = [];
  const splitter = new LineSplitter((line) => found.push(line), 10);
  for (let index = 0; index < 100; index++) splitter.push('0123456789');
  splitter.push('\nnext\n');
  assert.deepEqual(found, ['0123456789', 'next']);
});

test('a marker counts only at the beginning of a line', () => {
  assert.equal(parseScriptLine('see ##ingot:result {}').kind, 'log');
  assert.deepEqual(parseScriptLine('\uFEFF##ingot:result {"a":1}'), { kind: 'result', value: { a: 1 } });
  assert.equal(parseScriptLine('##ingot:unknown {}').kind, 'invalid');
  assert.equal(parseScriptLine('##ingot:progress {"done":1}').kind, 'invalid');
});

test('CLIXML becomes text, progress records go', () => {
  const xml =
    'before\r\n#< CLIXML\r\n<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">' +
    '<Obj S="progress" RefId="0"><MS><S N="Activity">Preparing modules</S></MS></Obj>' +
    '<S S="Error">Get-Item : &quot;a&amp;b&quot; &#228;_x000D__x000A_</S><S S="Error">At line:1_x000D__x000A_</S></Objs>after';
  assert.equal(decodeCliXml(xml), 'before\r\nGet-Item : "a&b" ä\r\nAt line:1\r\nafter');
});
