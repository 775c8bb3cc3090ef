import { z } from 'zod';
import { IngotError } from '../common/failure.ts';
import { keys } from '../image/names.ts';
import { extraConfigMap } from '../vsphere/extra-config.ts';
import { defineStep } from './define.ts';
import { installWindows } from './install-windows.ts';
import { openssh } from './openssh.ts';
import { seal } from './seal.ts';
import { clusterNames, judgeClonesDns } from './smoke/dns.ts';
import { readFacts } from './smoke/facts-of.ts';
import { isProblem, judge, smokeFailure } from './smoke/judge.ts';
import { withClone } from './smoke/with-clone.ts';
import { scriptFiles } from './support/script.ts';
import { recordsOf } from './vcenter/record-data.ts';

/**
 * Nothing but a start proves that clones start: one of the sealed VM goes through specialize and OOBE, cut off from the
 * network, and tells what it is like. Only what passes is published; the template of before stays as it is until then.
 */
export const smokeTest = defineStep({
  id: 'smoke-test',
  title: 'Start a clone of what was sealed',
  needs: { seal, windows: installWindows, shell: openssh },
  applies: (image) => image.smokeTest.enabled || 'smokeTest.enabled: false',
  inputs: (image) => ({
    clone: image.smokeTest.clone,
    network: image.smokeTest.network ?? null,
    dnsNames: Object.values(clusterNames(image) ?? {}),
  }),
  files: scriptFiles('smoke'),
  output: z.object({
    computerName: z.string(),
    osBuild: z.string(),
    hostKeys: z.array(z.string()),
    runtime: z.string().nullable(),
  }),
  timeout: ({ smokeTest: { timeout }, timeouts }) => timeout + timeouts.clone + 5 * timeouts.task,
  async run(context) {
    const { vcenter, config, needs, fingerprint, signal, warn } = context;
    const { facts, proof: proved } = await withClone(context, async (clone) => {
      const facts = await readFacts(context, clone);
      const verdicts = judge(facts, {
        image: config,
        authorizedKeys: needs.shell.keys,
        master: { computerName: needs.windows.computerName, hostKeys: needs.windows.hostKeys },
      });
      const problems = verdicts.filter(isProblem);
      if (problems.length > 0) throw smokeFailure(problems);
      return { facts, proof: verdicts.filter((verdict) => !isProblem(verdict)) };
    });
    for (const file of facts.passwordFiles)
      warn(`a clone keeps a password in ${file}: Windows left it there after OOBE; remove it where clones are set up`);
    const dns = judgeClonesDns(config, facts);
    if (dns?.warning !== undefined) warn(dns.warning);
    const proof = [...proved, ...(dns?.proof ?? [])];
    const { computerName, osBuild, hostKeys, runtime } = facts;
    const output = { computerName, osBuild, hostKeys, runtime: runtime?.answer ?? null };
    // As long as it is no template, its configuration can be written: what was proved stays with it.
    const record = { step: 'smoke-test', fingerprint, output, proof, finishedAt: new Date().toISOString() };
    const candidate = await (await vcenter()).candidate(signal);
    const entry = { key: `${keys.step}${record.step}`, value: JSON.stringify(record) };
    const told = dns === undefined ? [] : [{ key: keys.dns, value: JSON.stringify(dns.sealed) }];
    await candidate.reconfigure({ extraConfig: [entry, ...told] }, signal);
    return output;
  },
  async verify({ vcenter, config, names, fingerprint, signal }) {
    const center = await vcenter();
    const { vm } = await center.candidate(signal);
    const paths = ['snapshot', 'runtime.powerState', 'runtime.consolidationNeeded', 'config.extraConfig'] as const;
    const now = await center.vc.read(vm, paths, { signal });
    const extraConfig = extraConfigMap(now['config.extraConfig']);
    const record = recordsOf(extraConfig).find((found) => found.step === 'smoke-test');
    const left = [
      ...(now.snapshot === undefined ? [] : ['a snapshot']),
      ...(now['runtime.consolidationNeeded'] === true ? ['disks that are to be merged'] : []),
      ...(now['runtime.powerState'] === 'poweredOff' ? [] : [now['runtime.powerState']]),
      ...(record?.fingerprint === fingerprint ? [] : ['no record of what was proved']),
      ...(clusterNames(config) === undefined || extraConfig.has(keys.dns) ? [] : ['no record of what DNS said']),
    ];
    if (left.length > 0) {
      throw new IngotError(
        'smoke.left',
        `expected ${names.candidate} to be as it was sealed, found ${left.join(', ')}`,
        {
          remedy: 'somebody changed it at this moment: build again, the clone is made anew',
        },
      );
    }
    return [...(record?.proof ?? []), `the clone is deleted; ${names.candidate} is off and without a snapshot`];
  },
});
