#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

// Before anything else is loaded: a second start need not compile (or, in a checkout, strip types) again.
enableCompileCache();
const { main } = await import('./run.ts');
await main(process.argv.slice(2));
