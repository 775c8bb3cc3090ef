import { z } from 'zod';

/**
 * What a build writes onto the template for those who use it, as JSON in extraConfig `ingot.facts`: nothing of it can be
 * seen from outside a Windows that is off.
 */
export const sealedFactsSchema = z.object({
  version: z.literal(1),
  /** The keys that log in as Administrator; digests as `ssh-keygen -l` prints them: `SHA256:…`. */
  authorizedKeys: z.array(
    z.object({ type: z.string(), bits: z.number(), fingerprint: z.string(), comment: z.string() }),
  ),
  windows: z.object({ version: z.string(), build: z.string(), installationType: z.string() }),
  runtime: z.object({ name: z.enum(['docker', 'containerd']), version: z.string() }).optional(),
  /** TCP ports, or ranges of them, that the firewall lets in: `10250`, `5000-5010`. */
  ports: z.array(z.string()),
});
export type SealedFacts = z.infer<typeof sealedFactsSchema>;

/** What DNS answered in the network of the smoke test's clone, as JSON in extraConfig `ingot.dns`. */
export const sealedDnsSchema = z.object({
  version: z.literal(1),
  answers: z.array(
    z.object({
      name: z.string(),
      addresses: z.array(z.string()),
      /** Where its CNAME leads, link by link. */
      chain: z.array(z.string()).default([]),
      /** Windows' own name of the error: `DNS_ERROR_RCODE_NAME_ERROR`, `ERROR_TIMEOUT`, … */
      error: z.string().optional(),
    }),
  ),
});
export type SealedDns = z.infer<typeof sealedDnsSchema>;
