import type { Image } from './index.ts';

/** Every name that a build uses in vCenter, in one place. All of them carry the image's name: two images never meet. */
export interface Names {
  /** The VM that Windows is installed in; kept between builds. */
  readonly master: string;
  /** The clone that is sealed, until it takes the template's name. */
  readonly candidate: string;
  readonly template: string;
  /** A clone of the sealed candidate, started to see that it does; deleted before the candidate becomes the template. */
  readonly smoke: string;
  /** A clone of the template, exported where vCenter does not export a template itself; deleted afterwards. */
  readonly export: string;
  /** Folder on the datastore for media, shared by all images: named by content. */
  readonly mediaFolder: string;
  /** Folder on the datastore for the answer discs of this image: named at random. */
  readonly discFolder: string;
  /** Folder on the datastore that a build makes to be the only one of its image. */
  readonly leaseFolder: string;
}

export const masterName = (image: string): string => `${image}-master`;

export function namesOf(image: Image): Names {
  return {
    master: masterName(image.name),
    candidate: `${image.template.name}-candidate`,
    template: image.template.name,
    smoke: `${image.template.name}-smoke`,
    export: `${image.template.name}-export`,
    mediaFolder: 'ingot/media',
    discFolder: `ingot/discs-${image.name}`,
    leaseFolder: `ingot/leases/${image.name}`,
  };
}

/** Keys of extraConfig by which ingot knows what it made. Only a VM that carries `image` is ever changed or deleted. */
export const keys = {
  image: 'ingot.image',
  build: 'ingot.build',
  role: 'ingot.role',
  /** Datastore path of the answer disc, while there is one. */
  disc: 'ingot.disc',
  /** On a template: the fingerprint of its last step, and the Windows it holds. */
  fingerprint: 'ingot.fingerprint',
  windows: 'ingot.windows',
  /** On a template: what those who use it ask for, such as its administrators' keys (handover/sealed-facts.ts). */
  facts: 'ingot.facts',
  /** On a template: what a clone of it got to know from DNS in its own network (handover/sealed-facts.ts). */
  dns: 'ingot.dns',
  /** On a master: the fingerprint of the plan that works in its Windows, also of what it has not finished. */
  plan: 'ingot.plan',
  /** `ingot.step.<id>`: a finished step's record. */
  step: 'ingot.step.',
  /** What the passwords of this VM's Windows are derived with; no secret. */
  salt: 'ingot.salt',
  /** On a master that was cloned: what the password of its source was derived with (steps/source/login.ts). */
  sourceLogin: 'ingot.source.login',
  /** On a master that was cloned: vCenter's customization is through. */
  customized: 'ingot.source.customized',
  /** The bootstrap's report, copied out of guestinfo: Windows is installed. */
  installed: 'ingot.installed',
  bootstrap: 'guestinfo.ingot.bootstrap',
  sysprep: 'guestinfo.ingot.sysprep',
  /** On a clone: which run of Sysprep a build has started in it, and what that said last. */
  sysprepRun: 'ingot.sysprep.run',
  sysprepVerdict: 'ingot.sysprep.verdict',
  /** How the script that was started through VMware Tools has ended. */
  exec: 'guestinfo.ingot.exec',
  smoke: 'guestinfo.ingot.smoke',
} as const;

export type Role = 'master' | 'candidate' | 'template' | 'smoke';
