# What Sysprep needs: the checks before it, and the AppX packages in its way.
# Dot-sourced behind common.ps1 and lib-state.ps1; it changes nothing by itself.
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

$IngotSysprepFolder = Join-Path -Path $env:SystemRoot -ChildPath 'System32\Sysprep'

# A program of Windows Installer at work holds this mutex (Microsoft Learn, "_MSIExecute Mutex"). Its service keeps it open
# for some minutes after that: what counts is whether anybody owns it.
function Test-InstallerBusy {
    $mutex = $null
    try { if (-not [System.Threading.Mutex]::TryOpenExisting('Global\_MSIExecute', [ref]$mutex)) { return $false } }
    catch [System.UnauthorizedAccessException] { return $true }
    try {
        if (-not $mutex.WaitOne(0)) { return $true }
        $mutex.ReleaseMutex()
    }
    # Its owner is gone without letting it go; now it was ours for a moment.
    catch [System.Threading.AbandonedMutexException] { $mutex.ReleaseMutex() }
    finally { $mutex.Dispose() }
    return $false
}

# Both are often at work for a while after Windows has started, as it just has in a clone.
function Wait-IngotQuiet {
    param([Parameter(Mandatory = $true)][int]$Minutes)
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    while (((Get-ServicingState) -eq 2 -or (Test-InstallerBusy)) -and $clock.Elapsed.TotalMinutes -lt $Minutes) {
        Write-IngotProgress -Message 'Waiting for servicing and installers to end'
        Start-Sleep -Seconds 5
    }
}

# AppX packages of users that make Sysprep end with 0x80073cf2, as @{ name; fullName }: installed for a user and not
# provisioned for all. Not looked at: frameworks, what cannot be removed and parts of Windows itself, which Sysprep
# tolerates. A package of $Named counts when it is provisioned, too: Edge stands in that list under the very name that
# Sysprep then refuses.
function Get-IngotUserPackage {
    param([Parameter(Mandatory = $true)][AllowEmptyCollection()][AllowEmptyString()][string[]]$Named)
    # Server Core may come without the module, or with one that has no AppX deployment to ask.
    if ($null -eq (Get-Command -Name 'Get-AppxPackage' -ErrorAction SilentlyContinue)) { return }
    try {
        $provisioned = @(Get-AppxProvisionedPackage -Online | ForEach-Object -Process { [string]$_.DisplayName })
        $packages = @(Get-AppxPackage -AllUsers)
    }
    catch {
        Write-IngotLog -Message ('AppX packages cannot be listed, Sysprep will tell: {0}' -f $_.Exception.Message)
        return
    }
    foreach ($package in $packages) {
        if ($package.IsFramework -or (Get-IngotProperty -InputObject $package -Name 'NonRemovable' -Default $false)) { continue }
        if ([string](Get-IngotProperty -InputObject $package -Name 'SignatureKind' -Default '') -eq 'System') { continue }
        $name = [string]$package.Name
        if ($Named -notcontains $name -and $provisioned -contains $name) { continue }
        $installed = @($package.PackageUserInformation | Where-Object -FilterScript { $null -ne $_ -and [string](Get-IngotProperty -InputObject $_ -Name 'InstallState' -Default '') -eq 'Installed' })
        if ($installed.Count -gt 0) { @{ name = $name; fullName = [string]$package.PackageFullName } }
    }
}

# Removes packages right before Sysprep, as Microsoft says for it; the names of those that are gone.
function Remove-IngotUserPackage {
    param([Parameter(Mandatory = $true)][AllowEmptyCollection()][System.Collections.IDictionary[]]$Package)
    if (@($Package | Where-Object -FilterScript { $_.name -like 'Microsoft*Edge*' }).Count -gt 0) {
        # Edge cannot be taken from a user while one of its programs runs.
        foreach ($process in @('msedge', 'msedgewebview2', 'MicrosoftEdgeUpdate')) { Stop-Process -Name $process -Force -ErrorAction SilentlyContinue }
    }
    foreach ($item in $Package) {
        Write-IngotLog -Message ('Removing the AppX package {0}, which a user has' -f $item.fullName)
        try {
            Remove-AppxPackage -AllUsers -Package $item.fullName
            $item.fullName
        }
        catch { Write-IngotLog -Message ('{0} cannot be removed: {1}' -f $item.fullName, $_.Exception.Message) }
    }
}

# The answer file is there and is XML; what it says is Sysprep's to judge.
function Get-AnswerFileObstacle {
    param([Parameter(Mandatory = $true)][string]$Path)
    if (-not (Test-Path -LiteralPath $Path -PathType Leaf)) {
        return @{ code = 'sysprep.unattend'; message = "Expected the answer file $Path, found none." }
    }
    try {
        $document = New-Object -TypeName System.Xml.XmlDocument
        $document.Load($Path)
    }
    catch { return @{ code = 'sysprep.unattend'; message = ('Expected XML in {0}, found: {1}' -f $Path, $_.Exception.Message) } }
}

# What servicing, installers and an earlier run of Sysprep left behind.
function Get-ServicingObstacle {
    $pending = @(Get-PendingReboot)
    if ($pending.Count -gt 0) { @{ code = 'sysprep.pending-reboot'; message = ('Expected no pending restart, found {0}.' -f ($pending -join ', ')) } }
    # spopk.dll: Failed to query pending CBS operations, 0x80080005.
    if ((Get-ServicingState) -eq 2) { @{ code = 'sysprep.servicing'; message = 'Expected servicing to be idle, found it working.' } }
    if ((Get-IngotService -Name 'TrustedInstaller').startType -eq 'Disabled') { @{ code = 'sysprep.trusted-installer'; message = 'Expected the service TrustedInstaller to be startable, found it disabled.' } }
    if (Test-InstallerBusy) { @{ code = 'sysprep.installer'; message = 'Expected no installation at work, found Windows Installer busy.' } }
    # An earlier run that broke off leaves other values; nothing rolls it back (0x8007001f).
    $status = 'HKLM:\SYSTEM\Setup\Status\SysprepStatus'
    $cleanup = [int](Get-RegistryValue -Path $status -Name 'CleanupState' -Default 2)
    $generalization = [int](Get-RegistryValue -Path $status -Name 'GeneralizationState' -Default 7)
    if ($cleanup -ne 2 -or $generalization -ne 7) { @{ code = 'sysprep.interrupted'; message = "Expected CleanupState 2 and GeneralizationState 7, found $cleanup and ${generalization}: an earlier Sysprep broke off." } }
    $state = Get-ImageState
    if ($state -ne 'IMAGE_STATE_COMPLETE') { @{ code = 'sysprep.image-state'; message = "Expected IMAGE_STATE_COMPLETE, found $state." } }
}

# What the installation is and holds that Sysprep refuses or destroys.
function Get-SystemObstacle {
    # 0x80310039 also while protection is merely suspended: only "fully decrypted" (0) will do.
    $volume = Get-CimInstance -Namespace 'root/CIMV2/Security/MicrosoftVolumeEncryption' -ClassName Win32_EncryptableVolume -Filter "DriveLetter = '$env:SystemDrive'" -ErrorAction SilentlyContinue
    $conversion = if ($null -eq $volume) { 0 } else { [int](Get-IngotProperty -InputObject $volume -Name 'ConversionStatus' -Default 0) }
    if ($conversion -ne 0) { @{ code = 'sysprep.bitlocker'; message = "Expected $env:SystemDrive without BitLocker (ConversionStatus 0), found ConversionStatus $conversion." } }
    # Domain membership is lost by Sysprep, and its policies with it.
    $system = Get-CimInstance -ClassName Win32_ComputerSystem
    if ($system.PartOfDomain) { @{ code = 'sysprep.domain'; message = ('Expected a member of a workgroup, found a member of the domain {0}.' -f $system.Domain) } }
    # 0xc004d307 when none is left.
    if ((Get-IngotRearmCount) -lt 1) { @{ code = 'sysprep.rearm'; message = 'Expected at least one activation rearm, found none left.' } }
    # Defender for Endpoint protects its identity: Sysprep ends with 0x80070005.
    if ([string](Get-RegistryValue -Path 'HKLM:\SOFTWARE\Microsoft\Windows Advanced Threat Protection' -Name 'senseGuid' -Default '') -ne '') { @{ code = 'sysprep.defender-endpoint'; message = 'Expected no onboarding to Defender for Endpoint before the image is sealed, found a senseGuid.' } }
    # These do not work in clones: "Sysprep Support for Server Roles".
    if ($null -ne (Get-Command -Name 'Get-WindowsFeature' -ErrorAction SilentlyContinue)) {
        $roles = @(Get-WindowsFeature -Name 'AD-Domain-Services', 'AD-Certificate', 'NPAS', 'UpdateServices', 'DNS' | Where-Object -FilterScript { $_.Installed } | ForEach-Object -Process { [string]$_.Name })
        if ($roles.Count -gt 0) { @{ code = 'sysprep.roles'; message = ('Expected no role that Sysprep does not support, found {0}.' -f ($roles -join ', ')) } }
    }
    # wevtapi.dll: 0x80070003.
    foreach ($name in @('Application', 'Security', 'System')) {
        $file = [Environment]::ExpandEnvironmentVariables([string](Get-WinEvent -ListLog $name).LogFilePath)
        if (-not (Test-Path -LiteralPath (Split-Path -Path $file -Parent))) { @{ code = 'sysprep.event-log'; message = "Expected the folder of the event log $name, found no $file." } }
    }
    # spbcd.dll: error 2.
    $bcdedit = Join-Path -Path $env:SystemRoot -ChildPath 'System32\bcdedit.exe'
    $bcd = Invoke-Native -FilePath $bcdedit -ArgumentList @('/enum', '{bootmgr}') -AnyCode
    if ($bcd.exitCode -ne 0) { @{ code = 'sysprep.bcd'; message = ('Expected bcdedit /enum {{bootmgr}} to find the boot manager, found exit code {0}.' -f $bcd.exitCode) } }
}

# Activation rearms left; Windows without the licensing service (0xc004f075 in Sysprep) says so there.
function Get-IngotRearmCount {
    return [int](Get-CimInstance -ClassName SoftwareLicensingService).RemainingWindowsReArmCount
}

# What may go wrong, or is worth to know, and does not keep Sysprep from running.
function Get-SysprepWarning {
    if ((Get-IngotRearmCount) -eq 1) { 'this is the last activation rearm of this Windows: clones of the template cannot be sealed again' }
    # Sysprep refuses it while an update uses it (0x800F0975); that this value says so is not documented.
    $scenario = [int](Get-RegistryValue -Path 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\ReserveManager' -Name 'ActiveScenario' -Default 0)
    if ($scenario -ne 0) { "reserved storage may be in use (ReserveManager ActiveScenario $scenario): Sysprep would end with 0x800F0975" }
    # Microsoft supports no image that DSC has configured (DscCore.dll,SysPrep_Cleanup: 0x2).
    foreach ($name in @('Current.mof', 'Pending.mof')) {
        if (Test-Path -LiteralPath (Join-Path -Path $env:SystemRoot -ChildPath "System32\Configuration\$name")) { "Desired State Configuration has configured this Windows ($name): apply it in the clones instead" }
    }
}
