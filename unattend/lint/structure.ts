import { COMPONENT_PASSES } from '../component-passes.ts';
import { COMPONENT_ATTRIBUTES, PASSES } from '../model.ts';
import { componentSpots, isPass, type Rule } from './rule.ts';

/** Rules on passes and components. */
export const structureRules: readonly Rule[] = [
  {
    code: 'unattend.pass',
    severity: 'error',
    title: `A pass is one of ${PASSES.join(', ')}.`,
    remedy: 'Correct the pass attribute: Setup stops at a pass that it does not know.',
    *check(file) {
      for (const { pass, place } of file.passes) {
        if (!isPass(pass))
          yield { spot: { path: pass, place }, message: `expected a configuration pass, found “${pass}”` };
      }
    },
  },
  {
    code: 'unattend.component',
    severity: 'warning',
    title: 'A component is one that ingot knows.',
    remedy: 'Check the name; settings of an unknown component are passed on as they are, unchecked.',
    *check(file) {
      for (const spot of componentSpots(file)) {
        const { name } = spot.component;
        if (COMPONENT_PASSES[name] === undefined)
          yield { spot, message: `expected a known component, found “${name}”` };
      }
    },
  },
  {
    code: 'unattend.component-pass',
    severity: 'error',
    title: 'A component stands in a pass that it has settings for.',
    remedy: 'Move the settings to the right pass: Setup stops at a component in a pass it does not belong to.',
    *check(file) {
      for (const spot of componentSpots(file)) {
        const allowed = COMPONENT_PASSES[spot.component.name];
        if (allowed === undefined || !isPass(spot.pass) || allowed.includes(spot.pass)) continue;
        yield { spot, message: `expected ${spot.component.name} in ${allowed.join(' or ')}, found it in ${spot.pass}` };
      }
    },
  },
  {
    code: 'unattend.component-attributes',
    severity: 'error',
    title: 'A component has the attributes by which Setup finds it.',
    remedy: `Add what is missing, as in ${Object.entries(COMPONENT_ATTRIBUTES)
      .map(([name, value]) => `${name}="${value}"`)
      .join(' ')}.`,
    *check(file) {
      for (const spot of componentSpots(file)) {
        const { name, attributes } = spot.component;
        const missing = Object.keys(COMPONENT_ATTRIBUTES).filter((attribute) => !attributes[attribute]);
        if (name === '') missing.unshift('name');
        if (missing.length > 0) yield { spot, message: `expected the attributes ${missing.join(', ')}, found none` };
      }
    },
  },
];
