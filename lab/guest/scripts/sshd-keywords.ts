/** Keywords of sshd_config(5), as OpenSSH 8.1 documents them; 20H2 brings that version. */
const KEYWORDS = new Set(
  `AcceptEnv AddressFamily AllowAgentForwarding AllowGroups AllowStreamLocalForwarding AllowTcpForwarding AllowUsers
  AuthenticationMethods AuthorizedKeysCommand AuthorizedKeysCommandUser AuthorizedKeysFile AuthorizedPrincipalsCommand
  AuthorizedPrincipalsCommandUser AuthorizedPrincipalsFile Banner CASignatureAlgorithms ChallengeResponseAuthentication
  ChrootDirectory Ciphers ClientAliveCountMax ClientAliveInterval Compression DenyGroups DenyUsers
  DisableForwarding ExposeAuthInfo FingerprintHash ForceCommand GatewayPorts GSSAPIAuthentication GSSAPICleanupCredentials
  GSSAPIStrictAcceptorCheck HostCertificate HostKey HostKeyAgent HostKeyAlgorithms HostbasedAcceptedKeyTypes
  HostbasedAuthentication HostbasedUsesNameFromPacketOnly IgnoreRhosts IgnoreUserKnownHosts IPQoS
  KbdInteractiveAuthentication KerberosAuthentication KexAlgorithms ListenAddress LogLevel LoginGraceTime MACs Match
  MaxAuthTries MaxSessions MaxStartups PasswordAuthentication PermitEmptyPasswords PermitListen PermitOpen PermitRootLogin
  PermitTTY PermitTunnel PermitUserEnvironment PermitUserRC PidFile Port PrintLastLog PrintMotd PubkeyAcceptedKeyTypes
  PubkeyAuthentication RDomain RekeyLimit RevokedKeys SetEnv StreamLocalBindMask StreamLocalBindUnlink StrictModes
  Subsystem SyslogFacility TCPKeepAlive TrustedUserCAKeys UseDNS VersionAddendum X11DisplayOffset X11Forwarding
  X11UseLocalhost XAuthLocation`
    .toLowerCase()
    .split(/\s+/),
);

/** What sshd -t says of the first line that it does not know; undefined if it takes the file. */
export function badOption(text: string, file: string): string | undefined {
  for (const [index, line] of text.split('\n').entries()) {
    const [, keyword = ''] = /^\s*"?([^\s="#]+)/.exec(line) ?? [];
    if (keyword === '' || KEYWORDS.has(keyword.toLowerCase())) continue;
    return `${file}: line ${index + 1}: Bad configuration option: ${keyword}`;
  }
  return undefined;
}
