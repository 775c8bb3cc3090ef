# Checks what Sysprep needs, then starts it in a scheduled task as Administrator. Sysprep itself runs in
# sysprep-task.ps1: as SYSTEM it is not supported (on 2025 the clones come up black), a process of this SSH session would
# die with it, and logins may be refused once Sysprep is through.
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-sshd.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-state.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-task.ps1')

$TaskName = 'ingot-sysprep'
$ParameterFile = Join-Path -Path $IngotFolder -ChildPath 'sysprep.json'

# AppX packages that a user has and that are not provisioned for all: Sysprep ends with 0x80073cf2. Typically Edge, which
# updates itself in the middle of a build.
function Get-UnprovisionedPackage {
    [CmdletBinding()]
    param()
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
        # Parts of Windows itself, which Sysprep does not look at.
        if ([string](Get-IngotProperty -InputObject $package -Name 'SignatureKind' -Default '') -eq 'System') { continue }
        if ($provisioned -contains [string]$package.Name) { continue }
        $installed = @($package.PackageUserInformation | Where-Object -FilterScript { $null -ne $_ -and [string](Get-IngotProperty -InputObject $_ -Name 'InstallState' -Default '') -eq 'Installed' })
        if ($installed.Count -gt 0) { [string]$package.PackageFullName }
    }
}

# Removes them right before Sysprep, as Microsoft says for it; what cannot be removed is an obstacle.
function Remove-UnprovisionedPackage {
    [CmdletBinding()]
    param()
    foreach ($name in @(Get-UnprovisionedPackage)) {
        Write-IngotLog -Message "Removing the AppX package $name, which is installed for a user but not provisioned for all"
        try { Remove-AppxPackage -AllUsers -Package $name }
        catch { Write-IngotLog -Message ('{0} cannot be removed: {1}' -f $name, $_.Exception.Message) }
    }
}

# Windows Installer holds this mutex while it works.
function Test-InstallerBusy {
    [CmdletBinding()]
    param()
    $mutex = $null
    if (-not [System.Threading.Mutex]::TryOpenExisting('Global\_MSIExecute', [ref]$mutex)) { return $false }
    $mutex.Dispose()
    return $true
}

# Both are often at work for a while after Windows has started, as it just has in a clone.
function Wait-Quiet {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][int]$Minutes)
    $deadline = [DateTime]::UtcNow.AddMinutes($Minutes)
    while (((Get-ServicingState) -eq 2 -or (Test-InstallerBusy)) -and [DateTime]::UtcNow -lt $deadline) { Start-Sleep -Seconds 5 }
}

# What would make Sysprep fail, or the image useless; each as @{ code; message }.
function Get-SysprepObstacle {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][string]$Unattend)
    if (-not (Test-Path -LiteralPath $Unattend -PathType Leaf)) {
        @{ code = 'sysprep.unattend'; message = "Expected the answer file $Unattend, found none." }
    }
    else {
        try {
            $document = New-Object -TypeName System.Xml.XmlDocument
            $document.Load($Unattend)
        }
        catch { @{ code = 'sysprep.unattend'; message = ('Expected XML in {0}, found: {1}' -f $Unattend, $_.Exception.Message) } }
    }
    $pending = @(Get-PendingReboot)
    # "There are one or more Windows updates that require a reboot."
    if ($pending.Count -gt 0) { @{ code = 'sysprep.pending-reboot'; message = ('Expected no pending restart, found {0}.' -f ($pending -join ', ')) } }
    # spopk.dll: Failed to query pending CBS operations, 0x80080005.
    if ((Get-ServicingState) -eq 2) { @{ code = 'sysprep.servicing'; message = 'Expected servicing to be idle, found it working.' } }
    if ((Get-Service -Name 'TrustedInstaller').StartType.ToString() -eq 'Disabled') { @{ code = 'sysprep.trusted-installer'; message = 'Expected the service TrustedInstaller to be startable, found it disabled.' } }
    if (Test-InstallerBusy) { @{ code = 'sysprep.installer'; message = 'Expected no installation at work, found Windows Installer busy.' } }
    # An earlier run that broke off leaves other values; nothing rolls it back (0x8007001f).
    $status = 'HKLM:\SYSTEM\Setup\Status\SysprepStatus'
    $cleanup = [int](Get-RegistryValue -Path $status -Name 'CleanupState' -Default 2)
    $generalization = [int](Get-RegistryValue -Path $status -Name 'GeneralizationState' -Default 7)
    if ($cleanup -ne 2 -or $generalization -ne 7) { @{ code = 'sysprep.interrupted'; message = "Expected CleanupState 2 and GeneralizationState 7, found $cleanup and ${generalization}: an earlier Sysprep broke off." } }
    $state = Get-ImageState
    if ($state -ne 'IMAGE_STATE_COMPLETE') { @{ code = 'sysprep.image-state'; message = "Expected IMAGE_STATE_COMPLETE, found $state." } }
    $packages = @(Get-UnprovisionedPackage)
    if ($packages.Count -gt 0) { @{ code = 'sysprep.appx'; message = ('Expected no AppX package installed for a user but not provisioned for all, found {0}.' -f ($packages -join ', ')) } }
    # 0x80310039 also while protection is merely suspended: only "fully decrypted" (0) will do.
    $volume = Get-CimInstance -Namespace 'root/CIMV2/Security/MicrosoftVolumeEncryption' -ClassName Win32_EncryptableVolume -Filter "DriveLetter = '$env:SystemDrive'" -ErrorAction SilentlyContinue
    if ($null -ne $volume -and [int](Get-IngotProperty -InputObject $volume -Name 'ConversionStatus' -Default 0) -ne 0) { @{ code = 'sysprep.bitlocker'; message = "Expected $env:SystemDrive without BitLocker, found it encrypted." } }
    # Domain membership is lost by Sysprep, and its policies with it.
    if ((Get-CimInstance -ClassName Win32_ComputerSystem).PartOfDomain) { @{ code = 'sysprep.domain'; message = 'Expected a member of a workgroup, found a member of a domain.' } }
    # 0xc004d307 when none is left.
    $rearms = [int](Get-CimInstance -ClassName SoftwareLicensingService).RemainingWindowsReArmCount
    if ($rearms -lt 1) { @{ code = 'sysprep.rearm'; message = 'Expected at least one activation rearm, found none left.' } }
    elseif ($rearms -eq 1) { Write-IngotLog -Message 'Warning: this is the last activation rearm of this Windows.' }
    # Defender for Endpoint protects its identity: Sysprep ends with 0x80070005.
    if ([string](Get-RegistryValue -Path 'HKLM:\SOFTWARE\Microsoft\Windows Advanced Threat Protection' -Name 'senseGuid' -Default '') -ne '') { @{ code = 'sysprep.defender-endpoint'; message = 'Expected no onboarding to Defender for Endpoint before the image is sealed, found a senseGuid.' } }
}

# All clones would share them: sshd makes new ones at its next start.
function Remove-IngotHostKey {
    [CmdletBinding()]
    param()
    Get-ChildItem -Path (Join-Path -Path $IngotSshFolder -ChildPath 'ssh_host_*') -ErrorAction SilentlyContinue | Remove-Item -Force
}

Invoke-IngotScript -Body {
    param($Parameter)
    $run = Get-IngotText -InputObject $Parameter -Name 'run'
    $unattend = Get-IngotText -InputObject $Parameter -Name 'unattend'
    $password = Get-IngotText -InputObject $Parameter -Name 'password'
    $minutes = [int](Get-IngotProperty -InputObject $Parameter -Name 'minutes' -Default 25)
    Initialize-IngotFolder

    if (Test-IngotTaskRunning -Name $TaskName) {
        $known = ConvertFrom-Json -InputObject ([System.IO.File]::ReadAllText($ParameterFile))
        if ($known.run -ne $run) { Stop-Ingot -Code 'sysprep.other-run' -Message ('Expected no other Sysprep, found the run {0} at work.' -f $known.run) }
        Write-IngotLog -Message 'This run is at work already'
        return @{ started = $true; task = $TaskName }
    }

    Write-IngotProgress -Message 'Checking what Sysprep needs'
    Wait-Quiet -Minutes 10
    Remove-UnprovisionedPackage
    $obstacles = @(Get-SysprepObstacle -Unattend $unattend)
    if ($obstacles.Count -gt 0) {
        Stop-Ingot -Code $obstacles[0].code -Message (@($obstacles | ForEach-Object -Process { $_.message }) -join ' ')
    }

    Write-IngotProgress -Message 'Starting Sysprep'
    # The account with RID 500: its name is localised and may have been changed.
    $account = Get-LocalUser | Where-Object -FilterScript { $_.SID.Value -match '^S-1-5-21-.*-500$' }
    # In process, never on a command line: those are logged and seen by others.
    Set-LocalUser -SID $account.SID -Password (ConvertTo-SecureString -String $password -AsPlainText -Force)
    Set-IngotFile -Path $ParameterFile -Text (ConvertTo-IngotJson -InputObject @{ run = $run; unattend = $unattend; minutes = $minutes })
    Register-IngotTask -Name $TaskName -Script (Join-Path -Path $PSScriptRoot -ChildPath 'sysprep-task.ps1') -User ('{0}\{1}' -f $env:COMPUTERNAME, $account.Name) -Password $password
    Start-ScheduledTask -TaskName $TaskName
    # After the start: without host keys sshd takes no further connection, and a failure before could not be mended.
    Remove-IngotHostKey
    @{ started = $true; task = $TaskName }
}
