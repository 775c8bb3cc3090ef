# VMware Tools: where they are, their version, and guestinfo, the way out to vCenter that needs no network.
# Dot-sourced behind common.ps1; it does nothing by itself.
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

function Get-VmwareToolsProgram {
    $folder = [string](Get-RegistryValue -Path 'HKLM:\SOFTWARE\VMware, Inc.\VMware Tools' -Name 'InstallPath' -Default '')
    if ($folder -eq '') { $folder = Join-Path -Path $env:ProgramFiles -ChildPath 'VMware\VMware Tools' }
    return Join-Path -Path $folder -ChildPath 'vmtoolsd.exe'
}

# The version with its build, as the installer registers it (12.3.5.22544099); the program's own as a fallback.
function Get-VmwareToolsVersion {
    foreach ($key in @(Get-ChildItem -LiteralPath 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall')) {
        if ([string]$key.GetValue('DisplayName', '') -eq 'VMware Tools') { return [string]$key.GetValue('DisplayVersion', '') }
    }
    return [string](Get-Item -LiteralPath (Get-VmwareToolsProgram)).VersionInfo.FileVersion
}

# Publishes a value as guestinfo.ingot.NAME, which vCenter shows in the VM's extraConfig. False when it cannot be:
# before VMware Tools are installed there is no way out.
function Publish-IngotReport {
    param([Parameter(Mandatory = $true)][string]$Name, [Parameter(Mandatory = $true)][System.Collections.IDictionary]$Value)
    $program = Get-VmwareToolsProgram
    if (-not (Test-Path -LiteralPath $program)) { return $false }
    $command = 'info-set guestinfo.ingot.{0} {1}' -f $Name, (ConvertTo-IngotJson -InputObject $Value)
    # Windows starts no program with more than 32767 characters: such a report does not go out, and is no failure.
    if ((ConvertTo-NativeArgument -Argument $command).Length -gt 32000) { return $false }
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    while ($true) {
        $end = Invoke-Native -FilePath $program -ArgumentList @('--cmd', $command) -AnyCode
        if ($end.exitCode -eq 0) { return $true }
        # The backdoor may refuse while the VM is being snapshotted or Tools are just starting.
        if ($clock.Elapsed.TotalSeconds -gt 30) { return $false }
        Start-Sleep -Seconds 1
    }
}
