#!/usr/bin/env node
import module from 'node:module';
import { join } from 'node:path';
import { cacheFolder } from '../common/cache-folder.ts';

// npm only warns of a Node that is too old; what would follow is a syntax error somewhere.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(`error: ingot needs Node.js 22.18 or later, found ${process.versions.node}\n`);
  process.exit(1);
}
// Before anything else is loaded: a second start need not compile (or, in a checkout, strip types) again. In the user's
// own folder, not in Node's default below /tmp: what lies there is run.
module.enableCompileCache(join(cacheFolder(process.env), 'compiled'));
const { main } = await import('./run.ts');
await main(process.argv.slice(2));
