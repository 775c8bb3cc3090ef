import { shellWord } from '../../common/shell.ts';
import type { Manifest } from '../manifest.ts';

export interface Identity {
  readonly name: string;
  readonly namespace: string;
  readonly secretName: string;
  readonly username: string;
}

/**
 * VSphereClusterIdentity for clusters that another account makes, and its Secret. Without the password the Secret is left
 * out: who applies the rest makes it with the command that `secretCommand` gives.
 *
 * Source: Cluster API Provider vSphere, "Multi-tenancy with VSphereClusterIdentity".
 */
export function identityManifests(identity: Identity, password: string | undefined): Manifest[] {
  const { name, namespace, secretName, username } = identity;
  const secret: Manifest = {
    value: {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: secretName, namespace },
      stringData: { username, password },
    },
  };
  return [
    ...(password === undefined ? [] : [secret]),
    {
      head:
        password === undefined
          ? ['Its Secret is not printed (--reveal does so). To make it:', `  ${secretCommand(identity)}`]
          : [],
      value: {
        apiVersion: 'infrastructure.cluster.x-k8s.io/v1beta1',
        kind: 'VSphereClusterIdentity',
        metadata: { name },
        spec: { secretName, allowedNamespaces: { selector: { matchLabels: {} } } },
      },
    },
  ];
}

/** What makes the Secret without showing the password, which is in an environment variable. */
function secretCommand({ secretName, namespace, username }: Identity): string {
  return `printf %s "$PASSWORD" | kubectl create secret generic ${secretName} -n ${namespace} --from-literal=username=${shellWord(username)} --from-file=password=/dev/stdin`;
}
