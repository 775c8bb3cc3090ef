/** One mistake: what of the sample is replaced by what, the caret marking where the problem must point. */
export type Mistake = readonly [
  from: string,
  to: string,
  path: string,
  code: string,
  /** Problems elsewhere that follow from it: path and code. */
  ...others: (readonly [path: string, code: string])[],
];

const UNSET = ['openssh.port', 'variable.unset'] as const;
const STEP = '  - name: motd\n';
const UPDATES = 'updates: none';
const MACHINE = '  cpus: 4\n';
const ISO = `iso: \${var.media}/windows-server-20h2.iso`;
const KEYS = `['file:\${var.public_key}']`;
const RULE = '{ name: ContainerLogsPort, port: 10250, protocol: TCP }';
const TEMPLATE = 'template:\n  name: windows-server-20h2';

/** Public keys that OpenSSH made: RSA of 1024 bits, and an Ed25519 key that is cut. */
const RSA_1024 =
  'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQD6BJOQbmM/d7xI0xyoiuTtJzAkjFXa7M6EiWvUIrF4t2tKNCmzkqITP9H0t1ZXpKv8lbCqbNZUzkwNho2EnxEQ80UP6RQRz+ERdtXjpUKUOdc5h469SAQ1neYiBXpm2Hs++IxSsAPISjGqmulj12QpyyyhLBkztYvbIsQujq6jkw==';
const CUT = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEr5';

export const MISTAKES: readonly Mistake[] = [
  // The YAML itself
  [MACHINE, '  cpus: 4\n‸\tmemory: 1\n', '', 'image.yaml.tab-as-indent'],
  [MACHINE, '  cpus: ‸"4\n', '', 'image.yaml.missing-char'],
  [MACHINE, '  cpus: [4\n  ‸nic: vmxnet3\n', '', 'image.yaml.bad-indent'],
  [MACHINE, '  cpus: 4\n  ‸cpus: 2\n', 'hardware.cpus', 'image.duplicate-key'],
  [MACHINE, '  cpus: ‸*four\n', 'hardware.cpus', 'image.alias'],
  ['hardware:\n', 'hardware: &machine\n  extraDisks: ‸*machine\n', 'hardware.extraDisks', 'image.alias'],
  [MACHINE, '  cpus: ‸!four 4\n', '', 'image.yaml.tag-resolve-failed'],
  [MACHINE, '  ‸[cpus]: 4\n', 'hardware', 'image.key'],
  [MACHINE, '  ‸cpus 4\n', '', 'image.yaml.multiline-implicit-key'],
  [MACHINE, '  cpus: ‸@4\n', '', 'image.yaml.bad-scalar-start'],
  ['organization: Example', 'organization: "Ex‸\\qample"', '', 'image.yaml.bad-dq-escape'],
  ['apiVersion: ingot/v1', 'a: b\n‸---\napiVersion: ingot/v1', '', 'image.yaml.multiple-docs'],
  [RULE, '{ name: ContainerLogsPort, port: $‸{var.ssh_port} }', '', 'variable.quotes'],
  [MACHINE, '  ‸<<: { cpus: 4 }\n', 'hardware["<<"]', 'image.unknown-key'],
  // Keys
  ['hardware:', '‸hardwear:', 'hardwear', 'image.unknown-key'],
  [MACHINE, '  ‸cpu: 4\n', 'hardware.cpu', 'image.unknown-key'],
  ['  password:', '  ‸passwort: env:X\n  password:', 'vcenter.passwort', 'image.unknown-key'],
  [STEP, `${STEP}    ‸tilte: x\n`, 'steps[0].tilte', 'image.unknown-key'],
  [UPDATES, 'updates:\n  ‸category: [Updates]', 'updates.category', 'image.unknown-key'],
  ['  vcenter: {', '  ‸v center: { default: 1 }\n  vcenter: {', 'variables["v center"]', 'image.key'],
  ['default: 22', '‸defualt: 22', 'variables.ssh_port.defualt', 'image.unknown-key', UNSET],
  // Missing and empty
  ['apiVersion: ingot/v1\nname', '‸name', 'apiVersion', 'image.required'],
  [
    `vcenter:\n  server: \${var.vcenter}\n  username: \${var.vcenter_user}\n`,
    `‸vcenter:\n  server: \${var.vcenter}\n`,
    'vcenter.username',
    'image.required',
  ],
  ['windows:\n  version: 20H2\n', '‸windows:\n', 'windows.version', 'image.required'],
  [
    `openssh:\n  authorizedKeys: ['file:\${var.public_key}']\n  privateKey: env:INGOT_SSH_PRIVATE_KEY\n`,
    `‸openssh:\n  authorizedKeys: ['file:\${var.public_key}']\n`,
    'openssh.privateKey',
    'image.required',
  ],
  [MACHINE, '  ‸cpus:\n', 'hardware.cpus', 'image.empty'],
  [MACHINE, '  cpus: ‸~\n', 'hardware.cpus', 'image.empty'],
  // Types and values
  ['ingot/v1', '‸ingot/v2', 'apiVersion', 'image.value'],
  ['\nname: windows-server-20h2', '\nname: ‸Windows_Server', 'name', 'image.value'],
  [MACHINE, '  cpus: ‸"4"\n', 'hardware.cpus', 'image.type'],
  [MACHINE, '  cpus: ‸4.5\n', 'hardware.cpus', 'image.type'],
  [MACHINE, '  cpus: ‸0\n', 'hardware.cpus', 'image.value'],
  [MACHINE, '  cpus: ‸.inf\n', 'hardware.cpus', 'image.type'],
  ['memory: 8GiB', 'memory: ‸8GB', 'hardware.memory', 'image.value'],
  ['memory: 8GiB', 'memory: ‸8192', 'hardware.memory', 'image.type'],
  ['disk: 60GiB', 'disk: ‸sixty', 'hardware.disk', 'image.value'],
  [MACHINE, '  firmware: ‸uefi\n', 'hardware.firmware', 'image.value'],
  [MACHINE, '  secureBoot: ‸yes\n', 'hardware.secureBoot', 'image.type'],
  [MACHINE, '  version: ‸13\n', 'hardware.version', 'image.value'],
  [MACHINE, '  guestId: ‸windows\n', 'hardware.guestId', 'image.value'],
  [MACHINE, '  extraDisks: [{ size: ‸10 }]\n', 'hardware.extraDisks[0].size', 'image.type'],
  ['version: 20H2', 'version: ‸2016', 'windows.version', 'image.value'],
  ['edition: Standard', 'edition: ‸Essentials', 'windows.edition', 'image.value'],
  ['timeZone: UTC', 'timeZone: ‸Europe/Berlin', 'windows.timeZone', 'image.value'],
  ['timeZone: UTC', 'uiLanguage: ‸english', 'windows.uiLanguage', 'image.value'],
  ['timeZone: UTC', 'inputLocale: ‸QWERTY', 'windows.inputLocale', 'image.value'],
  ['timeZone: UTC', 'computerName: ‸windows-server-20h2', 'windows.computerName', 'image.value'],
  ['timeZone: UTC', 'computerName: ‸win_host', 'windows.computerName', 'image.value'],
  [`server: \${var.vcenter}`, 'server: ‸https://vc.example.com/sdk', 'vcenter.server', 'image.value'],
  [`caFile: \${var.vcenter_ca}`, 'thumbprint: ‸AA:BB', 'vcenter.thumbprint', 'image.value'],
  [ISO, 'iso: ‸ftp://host/x.iso', 'media.iso', 'image.value'],
  [ISO, 'iso: ‸[datastore1]', 'media.iso', 'image.type'],
  [ISO, 'iso: ‸https://example.com/w.iso', 'media.iso', 'media.location'],
  [`toolsIso: \${var.tools_iso}`, 'toolsIso: ‸https://example.com/t.iso', 'media.toolsIso', 'media.location'],
  [`sha256: \${var.docker_sha256}`, 'sha256: ‸abc', 'docker.sha256', 'image.value'],
  ['version: 20.10.9', 'version: ‸latest', 'docker.version', 'image.value'],
  [`authorizedKeys: ${KEYS}`, 'authorizedKeys: ‸[]', 'openssh.authorizedKeys', 'image.value'],
  [`authorizedKeys: ${KEYS}`, "authorizedKeys: ‸'file:a.pub'", 'openssh.authorizedKeys', 'image.type'],
  [`port: \${var.ssh_port}`, 'port: ‸70000', 'openssh.port', 'image.value'],
  [RULE, '{ name: a, port: ‸0 }', 'firewall.rules[0].port', 'image.value'],
  [RULE, '{ name: a, port: 80, protocol: ‸ICMP }', 'firewall.rules[0].protocol', 'image.value'],
  [UPDATES, 'updates: ‸all', 'updates', 'image.value'],
  [UPDATES, 'updates:\n  exclude: [‸5034439]', 'updates.exclude[0]', 'image.type'],
  [UPDATES, 'updates:\n  categories: [‸Drivers]', 'updates.categories[0]', 'image.value'],
  [TEMPLATE, 'timeouts: { install: ‸5 minutes }', 'timeouts.install', 'image.value'],
  [TEMPLATE, 'timeouts: { install: ‸30d }', 'timeouts.install', 'image.value'],
  [TEMPLATE, 'timeouts: { sysprep: ‸0s }', 'timeouts.sysprep', 'image.value'],
  [TEMPLATE, `template:\n  name: ‸${'x'.repeat(80)}`, 'template.name', 'image.value'],
  [TEMPLATE, 'template: ‸windows', 'template', 'image.type'],
  // Secrets
  ['password: env:INGOT_VCENTER_PASSWORD', 'password: ‸hunter2-clear', 'vcenter.password', 'secret.literal'],
  ['password: env:INGOT_VCENTER_PASSWORD', 'password: ‸123456789', 'vcenter.password', 'secret.literal'],
  ['timeZone: UTC', 'productKey: ‸AAAAA-BBBBB-CCCCC-DDDDD-EEEEE', 'windows.productKey', 'secret.literal'],
  [
    STEP,
    `${STEP}    parameters: { a: [{ secret: ‸hunter2-clear }] }\n`,
    'steps[0].parameters.a[0].secret',
    'secret.literal',
  ],
  // Variables
  [`\${var.network}`, `‸\${var.netwrok}`, 'placement.network', 'variable.unknown'],
  [`\${var.network}`, `‸\${var.net work}`, 'placement.network', 'variable.syntax'],
  [`\${var.network}`, `‸x\${var.network`, 'placement.network', 'variable.syntax'],
  ['default: VM Network', `default: ‸'\${var.folder}'`, 'variables.network.default', 'variable.nested'],
  ['default: 22', 'default: ‸[22]', 'variables.ssh_port.default', 'image.value', UNSET],
  // Rules across fields
  [`server: \${var.vcenter}`, 'server: ‸vc.example.com:99999', 'vcenter.server', 'vcenter.port'],
  [`  caFile: \${var`, `  insecure: ‸true\n  caFile: ca.pem # \${var`, 'vcenter.insecure', 'vcenter.insecure'],
  [
    `placement:\n  datacenter: \${var.datacenter}\n  compute: \${var.compute}\n  datastore: \${var.datastore}\n`,
    `‸placement:\n  datacenter: \${var.datacenter}\n  compute: \${var.compute}\n`,
    'placement.datastore',
    'placement.datastore',
  ],
  [
    `  network: \${var`,
    `  ‸datastoreCluster: pod\n  network: \${var`,
    'placement.datastoreCluster',
    'placement.datastore',
  ],
  [MACHINE, '  cpus: 4\n  coresPerSocket: ‸3\n', 'hardware.coresPerSocket', 'hardware.cores'],
  [MACHINE, '  cpus: ‸256\n', 'hardware.cpus', 'hardware.cpus'],
  ['memory: 8GiB', 'memory: ‸512MiB', 'hardware.memory', 'hardware.memory'],
  ['memory: 8GiB', 'memory: ‸4097MiB', 'hardware.memory', 'hardware.memory'],
  ['memory: 8GiB', 'memory: ‸7TiB', 'hardware.memory', 'hardware.memory'],
  ['disk: 60GiB', 'disk: ‸20GiB', 'hardware.disk', 'hardware.disk'],
  ['disk: 60GiB', 'disk: ‸63TiB', 'hardware.disk', 'hardware.disk'],
  [MACHINE, '  firmware: bios\n  secureBoot: ‸true\n', 'hardware.secureBoot', 'hardware.secure-boot'],
  [MACHINE, '  guestId: ‸windows2022srvNext_64Guest\n', 'hardware.guestId', 'hardware.guest-id'],
  ['timeZone: UTC', 'installationType: ‸Server', 'windows.installationType', 'windows.installation-type'],
  ['timeZone: UTC', 'computerName: ‸12345', 'windows.computerName', 'windows.computer-name'],
  [KEYS, `\n    - ‸${RSA_1024}`, 'openssh.authorizedKeys[0]', 'openssh.weak-key'],
  [KEYS, '\n    - ‸ssh-dss AAAAB3NzaC1kc3M=', 'openssh.authorizedKeys[0]', 'openssh.weak-key'],
  [KEYS, `\n    - ‸${CUT}`, 'openssh.authorizedKeys[0]', 'openssh.key'],
  [KEYS, '[‸-----BEGIN OPENSSH PRIVATE KEY-----]', 'openssh.authorizedKeys[0]', 'openssh.key'],
  ['openssh:\n', '‸openssh:\n  source: disc\n', 'openssh.archive', 'openssh.archive'],
  [
    'firewall:\n',
    `‸containerd: { version: 1.7.0, sha256: "\${var.docker_sha256}" }\nfirewall:\n`,
    'containerd',
    'containers.exclusive',
  ],
  [
    '  version: 20.10.9\n',
    '  version: 20.10.9\n  url: https://example.com/x.zip\n  ‸archive: x.zip\n',
    'docker.archive',
    'containers.source',
  ],
  [RULE, `{ name: a, port: 1 }\n    - { name: ‸A, port: 2 }`, 'firewall.rules[1].name', 'firewall.duplicate'],
  // The user's own steps
  [STEP, `  - { name: motd, restart: true }\n  - name: ‸motd\n`, 'steps[1].name', 'steps.duplicate'],
  [STEP, '  - name: ‸sysprep\n', 'steps[0].name', 'steps.duplicate'],
  [STEP, `${STEP}    ‸restart: true\n`, 'steps[0].restart', 'steps.kind'],
  [STEP, `  - ‸name: nothing\n${STEP}`, 'steps[0]', 'steps.kind'],
  [STEP, `  - { name: a, restart: true, ‸parameters: {} }\n${STEP}`, 'steps[0].parameters', 'steps.parameters'],
  [STEP, `  - { name: a, restart: ‸false }\n${STEP}`, 'steps[0].restart', 'image.value'],
  [STEP, `  - { name: a, upload: { from: x, to: ‸/tmp/x } }\n${STEP}`, 'steps[0].upload.to', 'steps.upload'],
  [STEP, `${STEP}    after: ‸firewal\n`, 'steps[0].after', 'steps.unknown'],
  [STEP, `${STEP}    after: ‸sysprep\n`, 'steps[0].after', 'steps.after-master'],
  [STEP, `${STEP}    after: ‸motd\n`, 'steps[0].after', 'steps.cycle'],
  [
    STEP,
    `  - { name: a, after: ‸b, restart: true }\n  - { name: b, after: c, restart: true }\n  - { name: c, after: a, restart: true }\n${STEP}`,
    'steps[0].after',
    'steps.cycle',
  ],
];
