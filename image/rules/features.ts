import { type Finding, quote } from '../problem.ts';
import type { Rule } from './rule.ts';

/** Windows compares the names of features without regard to case. */
const same = (a: string | undefined, b: string | undefined) => a?.toLowerCase() === b?.toLowerCase();

/** What is installed is not removed in the same image, nor what a container runtime needs. */
export const features: Rule = ({ features: asked, docker, containerd }) =>
  (asked?.remove ?? []).flatMap((name, index): Finding[] => {
    if (name === undefined) return [];
    const both = (asked?.install ?? []).some((other) => same(other, name));
    const runtime = docker !== undefined ? 'docker' : containerd !== undefined ? 'containerd' : undefined;
    if (!both && !(runtime !== undefined && same(name, 'Containers'))) return [];
    return [
      {
        path: ['features', 'remove', index],
        code: 'features.conflict',
        expected: 'a feature that the image does not need',
        found: `${quote(name, 60)}, which ${both ? 'is to be installed, too' : `${runtime} needs`}`,
        remedy: 'take it out of one of the two',
      },
    ];
  });
