import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { cacheFolder } from '../../common/cache-folder.ts';
import { archiveName } from '../../lab/download-vcsim.ts';
import { findVcsim, VCSIM_VERSION } from '../../lab/find-vcsim.ts';
import { splitArguments } from '../../lab/split-arguments.ts';
import { temporaryFolder } from './support/media.ts';

const run = promisify(execFile);
const NOWHERE = 'http://127.0.0.1:9';

async function program(path: string, text = '#!/bin/sh\n'): Promise<string> {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, text);
  await chmod(path, 0o755);
  return path;
}

/** A server with the release's two files; `checksum` undefined: the right one. */
async function releases(folder: string, checksum?: string): Promise<{ url: string; server: Server }> {
  await program(join(folder, 'pack', 'vcsim'), '#!/bin/sh\necho downloaded\n');
  await run('tar', ['-czf', join(folder, 'archive'), '-C', join(folder, 'pack'), 'vcsim']);
  const archive = await readFile(join(folder, 'archive'));
  const sum = checksum ?? createHash('sha256').update(archive).digest('hex');
  const server = createServer((request, response) => {
    if (request.url === `/${VCSIM_VERSION}/checksums.txt`)
      response.end(`${'0'.repeat(64)}  other.tar.gz\n${sum}  ${archiveName()}\n`);
    else if (request.url === `/${VCSIM_VERSION}/${archiveName()}`) response.end(archive);
    else response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

test('looks in INGOT_VCSIM, PATH, the cache, Go and the release, in this order', async () => {
  await using folder = await temporaryFolder();
  const base = { HOME: folder.path, PATH: join(folder.path, 'bin'), XDG_CACHE_HOME: join(folder.path, 'cache') };
  const cached = join(cacheFolder(base), `vcsim-${VCSIM_VERSION}`, 'vcsim');
  const { url, server } = await releases(folder.path);
  const options = { env: base, releases: url };
  assert.equal(await findVcsim(options), cached);
  assert.equal((await run(cached)).stdout, 'downloaded\n');
  server.close();

  const again = { env: base, releases: NOWHERE };
  assert.equal(await findVcsim(again), cached);
  const onPath = await program(join(base.PATH, 'vcsim'));
  assert.equal(await findVcsim(again), onPath);
  const chosen = await program(join(folder.path, 'chosen'));
  assert.equal(await findVcsim({ ...again, env: { ...base, INGOT_VCSIM: chosen } }), chosen);
});

test('lets Go build it into the cache when Go is there', async () => {
  await using folder = await temporaryFolder();
  const env = { HOME: folder.path, PATH: `${join(folder.path, 'bin')}:/usr/bin:/bin` };
  await program(
    join(folder.path, 'bin', 'go'),
    '#!/bin/sh\n[ "$1 $2" = "install github.com/vmware/govmomi/vcsim@v0.46.3" ] || exit 1\necho "#!/bin/sh" > "$GOBIN/vcsim"\nchmod +x "$GOBIN/vcsim"\n',
  );
  const told: string[] = [];
  const found = await findVcsim({ env, releases: NOWHERE, onProgress: (message) => told.push(message) });
  assert.ok(found.startsWith(cacheFolder(env)));
  assert.deepEqual(told, [`building vcsim ${VCSIM_VERSION} with Go, once`]);
});

test('takes no archive with another checksum, and then names the three ways out', async () => {
  await using folder = await temporaryFolder();
  const env = { HOME: folder.path, PATH: join(folder.path, 'bin') };
  const { url, server } = await releases(folder.path, 'f'.repeat(64));
  await assert.rejects(
    findVcsim({ env, releases: url }),
    (error: { code: string; remedy: string; evidence: string[] }) => {
      assert.equal(error.code, 'lab.vcsim-missing');
      assert.match(error.remedy, /INGOT_VCSIM.*Go.*archive/s);
      assert.ok(
        error.evidence.some((line) => line.includes('SHA-256')),
        error.evidence.join('\n'),
      );
      return true;
    },
  );
  server.close();
  assert.equal(existsSync(join(cacheFolder(env), `vcsim-${VCSIM_VERSION}`, 'vcsim')), false);
});

test('an INGOT_VCSIM that is no program is an error, not a reason to look elsewhere', async () => {
  await assert.rejects(findVcsim({ env: { ...process.env, INGOT_VCSIM: '/no/such/vcsim' } }), {
    code: 'lab.vcsim-missing',
  });
});

test('splits arguments like a shell', () => {
  assert.deepEqual(splitArguments(`-a 'b c'  "d \\" e"f g\\ h ''`), ['-a', 'b c', 'd " ef', 'g h', '']);
  assert.deepEqual(splitArguments('  '), []);
  assert.throws(() => splitArguments("'open"), { code: 'lab.arguments' });
});
