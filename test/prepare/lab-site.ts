import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';
import { openSite, type Site, tool } from '../build/site.ts';
import { ingotHere } from '../cli/here.ts';
import { root } from '../cli/ingot.ts';
import type { Row } from './prepare-site.ts';

/** A lab to prepare: its proxy does what vcsim lacks of port groups and permissions. */
export interface PrepareLab extends Site {
  /** Runs `ingot prepare FILE --only PART --json`. */
  prepare(
    file: string,
    part: string,
    ...flags: string[]
  ): Promise<{ readonly rows: readonly Row[]; readonly code: number | null }>;
  /** Methods that were called since the last time and that change something. */
  writes(): Promise<readonly string[]>;
  /** Holds all requests so far against the published types; returns whether that could be done. */
  soapCheck(): Promise<boolean>;
}

const reads =
  /^(GET |Retrieve|ContinueRetrieve|Find|Login|Logout|CurrentTime|Query|Create(PropertyCollector|Filter|ListView)|Modify|WaitFor|Cancel|Destroy(PropertyCollector|View))/;

export async function openPrepareLab(...vcsimArgs: string[]): Promise<PrepareLab> {
  const trace = join(mkdtempSync(join(tmpdir(), 'ingot-test-prepare-')), 'trace');
  after(() => rmSync(dirname(trace), { recursive: true }));
  const site = await openSite({ vcsimArgs, env: { INGOT_LAB_TRACE: trace } });
  return {
    ...site,
    async prepare(file, part, ...flags) {
      const { code, stdout, stderr } = await ingotHere(
        ['prepare', file, '--only', part, '--json', ...flags],
        site.lab.env,
      );
      assert.notEqual(stdout, '', stderr);
      return { rows: JSON.parse(stdout), code };
    },
    async writes() {
      const counts = await site.lab.counts();
      await site.lab.resetCounts();
      return Object.entries(counts)
        .filter(([method]) => !reads.test(method))
        .flatMap(([method, times]) => Array<string>(times).fill(method));
    },
    async soapCheck() {
      const checker = join(root, '../shared/tools/soap-check.py');
      if (!existsSync(checker)) return false;
      assert.match(await tool(checker, '--api', '6.7', trace), /, 0 problems$/m);
      return true;
    },
  };
}

/** `state found` of each row by what it is of. */
export function states(rows: readonly Row[]): Readonly<Record<string, string>> {
  return Object.fromEntries(rows.map(({ object, what, state, action }) => [`${object} ${what}`, `${state} ${action}`]));
}
