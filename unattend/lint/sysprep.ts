import type { Rule } from './rule.ts';
import { childSpots, childValue, isTrue, settingSpots, textOf } from './spots.ts';

const SHELL = 'Microsoft-Windows-Shell-Setup';
const DEPLOYMENT = 'Microsoft-Windows-Deployment';
const SPP = 'Microsoft-Windows-Security-SPP';
const JOIN = 'Microsoft-Windows-UnattendedJoin';
const REFERENCE = 'Unattended Windows Setup Reference';

/** Rules on what makes clones of a template differ from each other, or from what was meant. */
export const sysprepRules: readonly Rule[] = [
  {
    code: 'unattend.skip-rearm',
    severity: 'warning',
    title: 'SkipRearm is 0 or left out.',
    why: `With 1 the licensing state is not reset: all clones have the same KMS client id and count as one. Meant for images that are generalised again and again, never for the last time (${REFERENCE}, SkipRearm).`,
    remedy: 'Remove SkipRearm.',
    example: {
      at: `generalize/${SPP}`,
      bad: '<SkipRearm>1</SkipRearm>',
      good: '<SkipRearm>0</SkipRearm>',
    },
    *check(file) {
      for (const spot of settingSpots(file, SPP, 'SkipRearm')) {
        if (isTrue(textOf(spot))) yield { spot, message: 'expected SkipRearm 0, found 1' };
      }
    },
  },
  {
    code: 'unattend.skip-oobe',
    severity: 'warning',
    title: 'SkipMachineOOBE and SkipUserOOBE are left out.',
    why: `Deprecated, for testing only, and gone from the ${REFERENCE}: OOBE does more than show pages, and clones that skipped it have been reported to stay in the middle of generalisation. OpenShift’s sample has both, so ingot writes both.`,
    remedy: 'Hide the pages one by one: HideEULAPage, HideLocalAccountScreen, HideOnlineAccountScreens, ProtectYourPC.',
    example: {
      at: `oobeSystem/${SHELL}`,
      bad: '<OOBE>\n  <SkipMachineOOBE>true</SkipMachineOOBE>\n</OOBE>',
      good: '<OOBE>\n  <HideEULAPage>true</HideEULAPage>\n</OOBE>',
    },
    *check(file) {
      for (const name of ['SkipMachineOOBE', 'SkipUserOOBE']) {
        for (const spot of settingSpots(file, SHELL, `OOBE/${name}`)) {
          if (isTrue(textOf(spot))) yield { spot, message: `expected no ${name}, found it set` };
        }
      }
    },
  },
  {
    code: 'unattend.extend-os-partition',
    severity: 'error',
    title: 'ExtendOSPartition has either Extend or Size.',
    why: `With both in one pass an error is logged and the installation ends (${REFERENCE}, Extend of ExtendOSPartition).`,
    remedy: 'Remove one of them.',
    example: {
      at: `specialize/${DEPLOYMENT}`,
      bad: '<ExtendOSPartition>\n  <Extend>true</Extend>\n  <Size>1024</Size>\n</ExtendOSPartition>',
      good: '<ExtendOSPartition>\n  <Extend>true</Extend>\n</ExtendOSPartition>',
    },
    *check(file) {
      for (const spot of settingSpots(file, DEPLOYMENT, 'ExtendOSPartition')) {
        if (childSpots(spot, 'Extend').length > 0 && childSpots(spot, 'Size').length > 0)
          yield { spot, message: 'expected either Extend or Size, found both' };
      }
    },
  },
  {
    code: 'unattend.domain-join',
    severity: 'error',
    title: 'A computer joins a domain in one way: with Credentials, with UnsecureJoin, or with account data.',
    why: `With UnsecureJoin there must be no Credentials; JoinWorkgroup and JoinDomain exclude each other; a name with its domain (user@domain, DOMAIN\\user) excludes Domain (${REFERENCE}, ${JOIN}).`,
    remedy: 'Remove what belongs to the other way.',
    example: {
      at: `specialize/${JOIN}`,
      bad: '<Identification>\n  <JoinDomain>example.com</JoinDomain>\n  <JoinWorkgroup>WORKGROUP</JoinWorkgroup>\n</Identification>',
      good: '<Identification>\n  <JoinDomain>example.com</JoinDomain>\n  <UnsecureJoin>true</UnsecureJoin>\n</Identification>',
    },
    *check(file) {
      for (const spot of settingSpots(file, JOIN, 'Identification')) {
        const [credentials] = childSpots(spot, 'Credentials');
        const has = (name: string) => childValue(spot, name) !== '';
        if (isTrue(childValue(spot, 'UnsecureJoin')) && credentials !== undefined)
          yield { spot: credentials, message: 'expected no Credentials with UnsecureJoin, found some' };
        if (has('JoinDomain') && has('JoinWorkgroup'))
          yield { spot, message: 'expected a domain or a workgroup, found both' };
        if (
          credentials !== undefined &&
          /[\\@]/.test(childValue(credentials, 'Username')) &&
          childValue(credentials, 'Domain') !== ''
        )
          yield { spot: credentials, message: 'expected no Domain beside a user name with its domain, found both' };
      }
    },
  },
];
