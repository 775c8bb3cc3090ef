import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { login, patience } from './helpers.ts';
import { startSshd } from './sshd.ts';

const STATE = `result(bootTime=boot(), uptimeSeconds=5, computerName='WIN', osBuild='1', pendingReboot=[], imageState='', privateFolder=os.path.exists(os.path.join(root, 'private')))`;

test('a folder that others may write to is mended before anything secret is sent, and filled again', async () => {
  await using sshd = await startSshd();
  await sshd.behave('state.ps1', STATE);
  await sshd.behave(
    'scripts-folder.ps1',
    `import shutil; shutil.rmtree(os.path.join(root, 'C:/ProgramData/ingot/scripts')); open(os.path.join(root, 'private'), 'w').close(); result(changed=True)`,
  );
  const scripts = `os.listdir(os.path.join(root, 'C:/ProgramData/ingot/scripts'))`;
  await sshd.behave(
    'cleanup.ps1',
    `result(private=os.path.exists(os.path.join(root, 'private')), stateIsGone='state.ps1' not in ${scripts})`,
  );
  const guest = await login(sshd);
  const output = z.object({ private: z.boolean(), stateIsGone: z.boolean() });
  const options = { output, timeoutMs: 20_000, signal: patience() };
  assert.deepEqual(await guest.run('cleanup.ps1', { password: 'secret-value' }, options), {
    private: true,
    stateIsGone: true,
  });
  // What lay there is not taken for known any more.
  assert.equal((await guest.state({ signal: patience() })).computerName, 'WIN');
  guest.close();
});

test('it is mended when the state is what is asked for first, too', async () => {
  await using sshd = await startSshd();
  await sshd.behave('state.ps1', STATE);
  await sshd.behave('scripts-folder.ps1', `open(os.path.join(root, 'private'), 'w').close(); result(changed=True)`);
  await sshd.behave('cleanup.ps1', `result(private=os.path.exists(os.path.join(root, 'private')))`);
  const guest = await login(sshd);
  assert.equal((await guest.state({ signal: patience() })).privateFolder, false, 'as it was found');
  const options = { output: z.object({ private: z.boolean() }), timeoutMs: 20_000, signal: patience() };
  assert.deepEqual(await guest.run('cleanup.ps1', { password: 'secret-value' }, options), { private: true });
  guest.close();
});

test('one that is private stays as it is', async () => {
  await using sshd = await startSshd();
  await sshd.behave('scripts-folder.ps1', `fail('it is private already')`);
  const guest = await login(sshd);
  assert.equal((await guest.state({ signal: patience() })).privateFolder, true);
  guest.close();
});
