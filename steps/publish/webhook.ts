import { createHash, createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { IngotError } from '../../common/failure.ts';
import { parseJson } from '../../common/json.ts';
import type { Image } from '../../image/index.ts';
import { publishedDocument } from './document.ts';
import { stateFolder } from './state-folder.ts';
import type { PublishContext, PublishTarget } from './target.ts';

const RECEIPT = 'webhook.json';
const receiptSchema = z.object({ version: z.literal(1), delivery: z.string(), url: z.string() });

type Webhook = NonNullable<Image['publish']['webhook']>;

/** Tells somebody of the template, once: what was delivered is written down on the datastore. */
export function webhookTarget(image: Image, webhook: Webhook): PublishTarget {
  const url = new URL(webhook.url);
  return {
    field: 'publish.webhook',
    what: `webhook to ${url.origin}`,
    timeoutMs: webhook.timeout + image.timeouts.task,
    async check() {
      await Promise.all([webhook.secret?.resolve(), headersOf(webhook), caOf(webhook)]);
    },
    async publish(context) {
      const delivery = deliveryOf(context);
      const state = await stateFolder(context);
      const receipt = receiptSchema.safeParse(parseJson(await state.read(RECEIPT))).data;
      const digest = createHash('sha256').update(webhook.url).digest('hex');
      const told = receipt?.delivery === delivery && receipt.url === digest;
      if (!told) {
        const status = await deliver(context, webhook, url, delivery);
        const deliveredAt = new Date().toISOString();
        const text = JSON.stringify({ version: 1, delivery, url: digest, status, deliveredAt });
        await state.write(RECEIPT, `${text}\n`, context.build);
      }
      const where = `webhook to ${url.origin}`;
      return {
        where,
        changed: !told,
        proof: [`${where}: delivery ${delivery} was taken`],
        facts: { kind: 'webhook', delivery },
      };
    },
  };
}

/**
 * Names a delivery to its receiver, as a UUID: the same for each try, each build and each machine that tells of the same
 * template. What was told while a place was missing is told again when it is there, under another one.
 */
function deliveryOf({ mark, failed }: PublishContext): string {
  const told = JSON.stringify([mark.image, mark.build, mark.fingerprint, failed.length === 0]);
  const hex = createHash('sha256').update(told).digest('hex').slice(0, 32);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

async function deliver(context: PublishContext, webhook: Webhook, url: URL, delivery: string): Promise<number> {
  const [secret, more, ca, { post }] = await Promise.all([
    webhook.secret?.resolve(),
    headersOf(webhook),
    caOf(webhook),
    import('./post.ts'),
  ]);
  const event = 'template.published';
  const body = JSON.stringify({ event, delivery, ...publishedDocument(context) });
  const headers = {
    ...more,
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'user-agent': `ingot/${context.provenance.ingot}`,
    'x-ingot-event': event,
    'x-ingot-delivery': delivery,
    ...(secret === undefined
      ? {}
      : { 'x-ingot-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` }),
  };
  context.progress(`Telling ${url.origin}`);
  const { signal } = context;
  return post({
    url,
    headers,
    body,
    ca,
    deadlineMs: webhook.timeout,
    signal,
    onRetry: (message) => context.log(message),
  });
}

/** The image file's own headers, secrets and Authorization among them. @throws IngotError `publish.webhook-header` */
async function headersOf({ headers, authorization }: Webhook): Promise<Record<string, string>> {
  const all = { ...headers, ...(authorization === undefined ? {} : { authorization }) };
  const each = Object.entries(all).map(async ([name, value]): Promise<[string, string]> => {
    const text = typeof value === 'string' ? value : await value.resolve();
    if (/^[\t\x20-\x7e\x80-\xff]*$/.test(text)) return [name, text];
    throw new IngotError(
      'publish.webhook-header',
      `expected the value of the header ${name} to be one line of Latin letters, found other characters (RFC 9110, section 5.5)`,
      { remedy: `correct ${typeof value === 'string' ? 'publish.webhook.headers' : `what ${value.reference} gives`}` },
    );
  });
  return Object.fromEntries(await Promise.all(each));
}

async function caOf({ caFile }: Webhook): Promise<string | undefined> {
  if (caFile === undefined) return undefined;
  try {
    return await readFile(caFile, 'utf8');
  } catch (cause) {
    throw new IngotError('publish.webhook-ca', `expected CA certificates in ${caFile}, found that it cannot be read`, {
      cause,
      remedy: 'correct publish.webhook.caFile',
    });
  }
}
