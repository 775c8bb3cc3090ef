const ATTRIBUTES =
  'processorArchitecture="amd64" publicKeyToken="31bf3856ad364e35" language="neutral" versionScope="nonSxS"';
export const PASSWORD = 'Secret-Password-1';

/** Parts of a hand-written Autounattend.xml that works; a test replaces one of them. */
export interface AnswerParts {
  readonly language: string;
  readonly drivers: string;
  readonly disk: string;
  readonly install: string;
  readonly userData: string;
  readonly computerName: string;
  /** Further components of the specialize pass. */
  readonly specialize: string;
  readonly password: string;
  readonly autoLogon: string;
  readonly command: string;
}

export const WORKING: AnswerParts = {
  language: '<SetupUILanguage><UILanguage>en-US</UILanguage></SetupUILanguage>\n<UILanguage>en-US</UILanguage>\n',
  drivers: `<DriverPaths><PathAndCredentials wcm:action="add" wcm:keyValue="1"><Path>E:\\Program Files\\VMware\\VMware Tools\\Drivers\\pvscsi\\Win8\\amd64</Path></PathAndCredentials></DriverPaths>`,
  disk: `<DiskConfiguration><Disk wcm:action="add"><DiskID>0</DiskID><WillWipeDisk>true</WillWipeDisk><CreatePartitions>
    <CreatePartition wcm:action="add"><Order>1</Order><Type>EFI</Type><Size>100</Size></CreatePartition>
    <CreatePartition wcm:action="add"><Order>2</Order><Type>MSR</Type><Size>16</Size></CreatePartition>
    <CreatePartition wcm:action="add"><Order>3</Order><Type>Primary</Type><Extend>true</Extend></CreatePartition>
  </CreatePartitions><ModifyPartitions>
    <ModifyPartition wcm:action="add"><Order>1</Order><PartitionID>1</PartitionID><Format>FAT32</Format></ModifyPartition>
    <ModifyPartition wcm:action="add"><Order>2</Order><PartitionID>3</PartitionID><Format>NTFS</Format></ModifyPartition>
  </ModifyPartitions></Disk></DiskConfiguration>`,
  install: `<ImageInstall><OSImage><InstallFrom><MetaData wcm:action="add"><Key>/IMAGE/INDEX</Key><Value>1</Value></MetaData></InstallFrom><InstallTo><DiskID>0</DiskID><PartitionID>3</PartitionID></InstallTo></OSImage></ImageInstall>`,
  userData:
    '<UserData><AcceptEula>true</AcceptEula><ProductKey><Key>N2KJX-J94YW-TQVFB-DG9YT-724CC</Key></ProductKey></UserData>',
  computerName: 'WIN-MASTER',
  specialize: `<component name="Microsoft-Windows-Deployment" ${ATTRIBUTES}><RunSynchronous><RunSynchronousCommand wcm:action="add"><Order>9</Order><Path>cmd.exe /c echo 1</Path></RunSynchronousCommand></RunSynchronous></component>`,
  password: `<Value>${PASSWORD}</Value><PlainText>true</PlainText>`,
  autoLogon: `<AutoLogon><Enabled>true</Enabled><Username>Administrator</Username><LogonCount>1</LogonCount><Password><Value>${PASSWORD}</Value><PlainText>true</PlainText></Password></AutoLogon>`,
  command: `powershell.exe -NoProfile -ExecutionPolicy Bypass -Command "&amp; ((Get-Volume -FileSystemLabel INGOT).DriveLetter + ':\\bootstrap.ps1')"`,
};

function component(name: string, inner: string): string {
  return `<component name="${name}" ${ATTRIBUTES}>${inner}</component>`;
}

/** Autounattend.xml with some parts changed. */
export function autounattend(changes: Partial<AnswerParts> = {}): string {
  const parts = { ...WORKING, ...changes };
  return `<?xml version="1.0" encoding="utf-8"?>
<unattend xmlns="urn:schemas-microsoft-com:unattend" xmlns:wcm="http://schemas.microsoft.com/WMIConfig/2002/State">
  <settings pass="windowsPE">
    ${component('Microsoft-Windows-International-Core-WinPE', parts.language)}
    ${component('Microsoft-Windows-PnpCustomizationsWinPE', parts.drivers)}
    ${component('Microsoft-Windows-Setup', parts.disk + parts.install + parts.userData)}
  </settings>
  <settings pass="specialize">
    ${component('Microsoft-Windows-Shell-Setup', `<ComputerName>${parts.computerName}</ComputerName><TimeZone>UTC</TimeZone>`)}
    ${parts.specialize}
  </settings>
  <settings pass="oobeSystem">
    ${component(
      'Microsoft-Windows-Shell-Setup',
      `<UserAccounts><AdministratorPassword>${parts.password}</AdministratorPassword></UserAccounts>${parts.autoLogon}
      <FirstLogonCommands><SynchronousCommand wcm:action="add"><Order>1</Order><CommandLine>${parts.command}</CommandLine></SynchronousCommand></FirstLogonCommands>`,
    )}
  </settings>
</unattend>`;
}

/** The answer file for Sysprep. */
export function sysprepAnswer(computerName = '*'): string {
  return `<?xml version="1.0" encoding="utf-8"?>
<unattend xmlns="urn:schemas-microsoft-com:unattend">
  <settings pass="specialize">${component('Microsoft-Windows-Shell-Setup', `<ComputerName>${computerName}</ComputerName>`)}</settings>
  <settings pass="oobeSystem">${component(
    'Microsoft-Windows-Shell-Setup',
    `<UserAccounts><AdministratorPassword><Value>${PASSWORD}</Value><PlainText>true</PlainText></AdministratorPassword></UserAccounts>`,
  )}</settings>
</unattend>`;
}
