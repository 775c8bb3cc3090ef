import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { bareEnv, ended, ingot, start } from './ingot.ts';

const PATH = [process.env.PATH, join(homedir(), 'go/bin')].join(delimiter);

test('lab: exports that govc works with, and Ctrl-C ends it with 0', { timeout: 60_000 }, async (t) => {
  const lab = start(['lab'], { env: { PATH } });
  t.after(() => lab.kill('SIGKILL'));
  const end = ended(lab);
  const [hint] = await once(lab.stderr, 'data');
  assert.match(String(hint), /The lab is up/);

  lab.kill('SIGINT');
  const { code, stdout } = await end;
  assert.equal(code, 0);
  assert.match(stdout, /^export GOVC_URL=https:\/\/127\.0\.0\.1:\d+\/sdk$/m);
  assert.doesNotMatch(stdout.replace(/'[^']*'/g, ''), /^(?!export [A-Za-z_]\w*=).+$/m, 'nothing but exports');
});

test('lab: govc and a shell agree with what is printed', { timeout: 60_000 }, async (t) => {
  const lab = start(['lab'], { env: { PATH } });
  t.after(() => lab.kill('SIGINT'));
  let exports = '';
  lab.stdout.on('data', (chunk: Buffer) => {
    exports += chunk.toString();
  });
  await once(lab.stderr, 'data');
  const { stdout } = await promisify(execFile)(
    'sh',
    ['-c', `${exports}\ngovc find / -type d; echo "$INGOT_VAR_datacenter"`],
    {
      env: { ...bareEnv, PATH },
    },
  );
  const [found, named] = stdout.trimEnd().split('\n');
  assert.equal(found, `/${named}`);
});

test('lab: a scenario that does not exist is exit code 2', async () => {
  const { code, stderr } = await ingot(['lab', '--scenario', '{"setp": {}}'], { env: { PATH } });
  assert.equal(code, 2);
  assert.match(stderr, /expected one of .*setup.*, found setp/);
});

test('lab: a vcsim that is not there is one message, with what to do', async () => {
  const { code, stderr } = await ingot(['lab'], { env: { PATH, INGOT_VCSIM: '/nowhere/vcsim' } });
  assert.equal(code, 1);
  assert.match(stderr, /^error: expected INGOT_VCSIM to name a program.*\n {2}what to do: .+\n$/);
});
