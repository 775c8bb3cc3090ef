/** Paths inside the guest that the contract or Windows names. */
export const INGOT_FOLDER = 'C:/ProgramData/ingot';
export const SCRIPTS_FOLDER = 'C:/ProgramData/ingot/scripts';
export const SSH_FOLDER = 'C:/ProgramData/ssh';
export const HOST_KEY_FILE = 'C:/ProgramData/ssh/ssh_host_ed25519_key';
export const AUTHORIZED_KEYS_FILE = 'C:/ProgramData/ssh/administrators_authorized_keys';
export const SSHD_CONFIG_FILE = 'C:/ProgramData/ssh/sshd_config';
export const DAEMON_JSON_FILE = 'C:/ProgramData/docker/config/daemon.json';
export const TOOLS_FOLDER = 'C:/ProgramData/VMware/VMware Tools';
export const TOOLS_CONF_FILE = 'C:/ProgramData/VMware/VMware Tools/tools.conf';
export const SYSPREP_TAG_FILE = 'C:/Windows/System32/Sysprep/Sysprep_succeeded.tag';
export const CACHED_ANSWER_FILE = 'C:/Windows/Panther/unattend.xml';
/** Where the Host Networking Service keeps its networks (microsoft/hcsshim#99). */
export const HNS_FILE = 'C:/ProgramData/Microsoft/Windows/HNS/HNS.data';
