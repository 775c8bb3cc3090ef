/** XML namespaces of answer files. */
export const NAMESPACE = {
  unattend: 'urn:schemas-microsoft-com:unattend',
  wcm: 'http://schemas.microsoft.com/WMIConfig/2002/State',
  xsi: 'http://www.w3.org/2001/XMLSchema-instance',
  xmlns: 'http://www.w3.org/2000/xmlns/',
  xml: 'http://www.w3.org/XML/1998/namespace',
} as const;
