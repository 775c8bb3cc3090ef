import { caseless } from '../caseless.ts';
import { COMPONENT_PASSES } from '../component-passes.ts';
import { COMPONENT_ATTRIBUTES, PASSES } from '../model.ts';
import { NAMESPACE } from '../namespace.ts';
import type { Rule } from './rule.ts';
import { componentSpots, isNative, isPass } from './spots.ts';

const REQUIRED = Object.entries(COMPONENT_ATTRIBUTES)
  .map(([name, value]) => `${name}="${value}"`)
  .join(' ');
/** What is the same for every documented component. */
const IDENTITY = ['publicKeyToken', 'versionScope'] as const;
const SHELL = `<component name="Microsoft-Windows-Shell-Setup" ${REQUIRED}>`;

/** Elements that answer files have beside passes: packages, and what Windows System Image Manager notes. */
const BESIDE_PASSES = ['servicing', 'offlineImage', 'targetImage'];

/** Rules on passes and components. */
export const structureRules: readonly Rule[] = [
  {
    code: 'unattend.root-element',
    severity: 'warning',
    title: 'Below the root are passes (<settings>), <servicing> and what Windows System Image Manager notes.',
    why: `Setup looks for elements of the namespace ${NAMESPACE.unattend} only: with a prefix on the root, a <settings> without it is of no namespace and is passed over, silently.`,
    remedy: 'Correct the name, or give the element the prefix of the root.',
    example: {
      bad: '<setings pass="specialize"/>',
      good: '<settings pass="specialize"/>',
    },
    *check(file) {
      for (const { name, attributes, place } of file.others ?? []) {
        const local = name.slice(name.indexOf(':') + 1);
        const foreign = attributes?.xmlns !== undefined;
        if (BESIDE_PASSES.includes(local) && !foreign) continue;
        yield {
          spot: { path: name, place },
          message: `expected <settings>, found <${name}>${foreign ? ` of the namespace “${attributes.xmlns}”` : ''}`,
        };
      }
    },
  },
  {
    code: 'unattend.pass',
    severity: 'error',
    title: `A pass is one of ${PASSES.join(', ')}.`,
    why: 'Windows knows seven configuration passes, and does nothing with another one (Microsoft, “Windows Setup Configuration Passes”).',
    remedy: 'Correct the pass attribute.',
    example: { bad: '<settings pass="specialise"/>', good: '<settings pass="specialize"/>' },
    *check(file) {
      for (const { pass, place } of file.passes) {
        if (!isPass(pass))
          yield { spot: { path: pass, place }, message: `expected a configuration pass, found “${pass}”` };
      }
    },
  },
  {
    code: 'unattend.pass-duplicate',
    severity: 'warning',
    title: 'A pass occurs once.',
    why: 'Windows System Image Manager writes each pass once; what Windows does with a second one of the same name is documented nowhere.',
    remedy: 'Put all components of a pass into one <settings>.',
    example: {
      bad: '<settings pass="generalize"/>\n<settings pass="generalize"/>',
      good: '<settings pass="generalize"/>\n<settings pass="specialize"/>',
    },
    *check(file) {
      const seen = new Set<string>();
      for (const { pass, place } of file.passes) {
        if (seen.has(pass)) yield { spot: { path: pass, place }, message: `expected one pass ${pass}, found another` };
        seen.add(pass);
      }
    },
  },
  {
    code: 'unattend.component',
    severity: 'warning',
    title: 'A component is documented.',
    why: 'Setup stops at a component that its Windows does not have: “A component or setting specified in the answer file does not exist”. The list is that of the Unattended Windows Setup Reference; components of drivers and of newer Windows may be missing from it.',
    remedy: 'Check the name; settings of an unknown component are passed on as they are, unchecked.',
    example: {
      bad: `<settings pass="specialize">\n  ${SHELL.replace('Shell-Setup', 'ShellSetup')}</component>\n</settings>`,
      good: `<settings pass="specialize">\n  ${SHELL}</component>\n</settings>`,
    },
    *check(file) {
      for (const spot of componentSpots(file)) {
        const { name } = spot.component;
        if (name !== '' && caseless(COMPONENT_PASSES, name) === undefined)
          yield { spot, message: `expected a documented component, found “${name}”` };
      }
    },
  },
  {
    code: 'unattend.component-pass',
    severity: 'error',
    title: 'A component stands in a pass that it has settings for.',
    why: 'Setup stops: “could not parse or process the unattend answer file for pass […]”. Passes are those of the Unattended Windows Setup Reference.',
    remedy: 'Move the settings to the right pass.',
    example: {
      bad: `<settings pass="windowsPE">\n  ${SHELL}</component>\n</settings>`,
      good: `<settings pass="specialize">\n  ${SHELL}</component>\n</settings>`,
    },
    *check(file) {
      for (const spot of componentSpots(file)) {
        const allowed = caseless(COMPONENT_PASSES, spot.component.name);
        if (allowed === undefined || !isPass(spot.pass) || allowed.includes(spot.pass)) continue;
        yield { spot, message: `expected ${spot.component.name} in ${allowed.join(' or ')}, found it in ${spot.pass}` };
      }
    },
  },
  {
    code: 'unattend.component-attributes',
    severity: 'error',
    title: 'A component has the attributes by which Setup finds it, and a documented one Microsoft’s token and scope.',
    why: 'Name, architecture, language, public key token and scope together are the identity of a component; without one of them, or with another token or scope, there is no such component, and Setup stops.',
    remedy: `Write them as in ${REQUIRED}.`,
    example: {
      bad: `<settings pass="specialize">\n  ${SHELL.replace(' versionScope="nonSxS"', '')}</component>\n</settings>`,
      good: `<settings pass="specialize">\n  ${SHELL}</component>\n</settings>`,
    },
    *check(file) {
      for (const spot of componentSpots(file)) {
        const { name, attributes } = spot.component;
        const missing = Object.keys(COMPONENT_ATTRIBUTES).filter((attribute) => !attributes[attribute]);
        if (name === '') missing.unshift('name');
        if (missing.length > 0)
          yield { spot, message: `expected the attributes ${missing.join(', ')}, found none of that name` };
        // The reference shows every component with these values.
        if (caseless(COMPONENT_PASSES, name) === undefined) continue;
        for (const attribute of IDENTITY) {
          const found = attributes[attribute] ?? '';
          const expected = COMPONENT_ATTRIBUTES[attribute];
          if (found !== '' && found.toLowerCase() !== expected.toLowerCase())
            yield { spot, message: `expected ${attribute}="${expected}", found “${found}”` };
        }
      }
    },
  },
  {
    code: 'unattend.component-duplicate',
    severity: 'error',
    title: 'A component occurs once in a pass.',
    why: 'A pass holds one set of values for each component (Windows System Image Manager cannot add a second); which of two counts is documented nowhere.',
    remedy: 'Put all settings of the component into one element.',
    example: {
      bad: `<settings pass="specialize">\n  ${SHELL}</component>\n  ${SHELL}</component>\n</settings>`,
      good: `<settings pass="specialize">\n  ${SHELL}</component>\n</settings>`,
    },
    *check(file) {
      const seen = new Set<string>();
      for (const spot of componentSpots(file)) {
        const { name, attributes } = spot.component;
        const identity = [spot.pass, name, attributes.processorArchitecture, attributes.language]
          .join('/')
          .toLowerCase();
        if (seen.has(identity)) yield { spot, message: `expected ${name} once in ${spot.pass}, found it again` };
        seen.add(identity);
      }
    },
  },
  {
    code: 'unattend.architecture',
    severity: 'error',
    title: 'A component is there for amd64.',
    why: 'Windows Server is 64-bit only, and passes over components of another architecture: their settings are not applied. A component that is there for amd64 too is fine.',
    remedy: 'Write processorArchitecture="amd64".',
    example: {
      bad: `<settings pass="specialize">\n  ${SHELL.replace('amd64', 'x86')}</component>\n</settings>`,
      good: `<settings pass="specialize">\n  ${SHELL.replace('amd64', 'x86')}</component>\n  ${SHELL}</component>\n</settings>`,
    },
    *check(file) {
      const key = (pass: string, name: string) => `${pass}/${name}`.toLowerCase();
      const spots = [...componentSpots(file)];
      const native = new Set(spots.filter(({ component }) => isNative(component)));
      const there = new Set([...native].map(({ pass, component }) => key(pass, component.name)));
      for (const spot of spots) {
        const { name, attributes } = spot.component;
        if (native.has(spot) || there.has(key(spot.pass, name))) continue;
        yield {
          spot,
          message: `expected the component for amd64, found it for “${attributes.processorArchitecture}” only`,
        };
      }
    },
  },
];
