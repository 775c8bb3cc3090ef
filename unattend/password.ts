/** What Windows appends to a password before it encodes it: the name of the element that holds it. */
export type PasswordElement = 'AdministratorPassword' | 'OfflineAdministratorPassword' | 'Password';

/** The two settings of a password, as a part of a setting tree. A type alias, so that it is one. */
export type EncodedPassword = { readonly Value: string; readonly PlainText: false };

/**
 * A password as Windows System Image Manager writes it with `PlainText=false`: base64 of UTF-16LE of the password and
 * the element's name. This is an encoding, not protection: anyone can read it. With another suffix Setup fails at
 * "Failed to decode password".
 *
 * @param element `AdministratorPassword` in UserAccounts; `Password` in AutoLogon and LocalAccount
 */
export function encodePassword(password: string, element: PasswordElement): EncodedPassword {
  return { Value: Buffer.from(password + element, 'utf16le').toString('base64'), PlainText: false };
}

/** The password of an encoded value; undefined when it was not encoded for this element. */
export function decodePassword(value: string, element: PasswordElement): string | undefined {
  const text = Buffer.from(value, 'base64').toString('utf16le');
  return text.endsWith(element) ? text.slice(0, -element.length) : undefined;
}
