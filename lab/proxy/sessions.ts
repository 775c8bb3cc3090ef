import type { IncomingHttpHeaders } from 'node:http';
import type { VcsimClient } from '../vcsim/client.ts';

const COOKIE = /vmware_soap_session="?([^";\s]+)"?/;
const TICKET = /vmware_cgi_ticket="?([^";\s]+)"?/;

/** The sessions of the lab's clients: vcsim itself checks them on /sdk only. */
export class Sessions {
  readonly #live = new Set<string>();
  readonly #tickets = new Set<string>();
  readonly #basic: string;

  constructor(username: string, password: string) {
    this.#basic = `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
  }

  /** Notes a session that vcsim opened, and writes its cookie as vCenter does: quoted, HttpOnly, Secure. */
  opened(headers: IncomingHttpHeaders): void {
    const cookies = headers['set-cookie'];
    if (cookies === undefined) return;
    headers['set-cookie'] = cookies.map((cookie) => {
      const key = COOKIE.exec(cookie)?.[1];
      if (key === undefined) return cookie;
      this.#live.add(key);
      return `vmware_soap_session="${key}"; Path=/; HttpOnly; Secure`;
    });
  }

  isLive(headers: IncomingHttpHeaders): boolean {
    const key = COOKIE.exec(headers.cookie ?? '')?.[1];
    return key !== undefined && this.#live.has(key);
  }

  closed(headers: IncomingHttpHeaders): void {
    this.#live.delete(COOKIE.exec(headers.cookie ?? '')?.[1] ?? '');
  }

  /** A ticket for one transfer. */
  issued(ticket: string): void {
    this.#tickets.add(ticket);
  }

  /** Whether a request to /folder is allowed: a session, a ticket (used up by this) or the account itself. */
  mayTransfer(headers: IncomingHttpHeaders): boolean {
    const ticket = TICKET.exec(headers.cookie ?? '')?.[1];
    if (ticket !== undefined && this.#tickets.delete(ticket)) return true;
    return this.isLive(headers) || headers.authorization === this.#basic;
  }

  /** Ends every client's session, as an idle limit would. */
  async expire(vcsim: VcsimClient): Promise<number> {
    const keys = [...this.#live];
    this.#live.clear();
    await vcsim.terminateSessions(keys);
    return keys.length;
  }
}
