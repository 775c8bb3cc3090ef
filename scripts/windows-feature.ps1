# Installs Windows features, such as Containers.
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')

Invoke-IngotScript -Body {
    param($Parameter)
    $names = @(Get-IngotProperty -InputObject $Parameter -Name 'names' -Default @() | ForEach-Object -Process { [string]$_ })
    if ($names.Count -eq 0) { Stop-Ingot -Code 'guest.parameters' -Message 'Expected at least one name in names, found none.' }
    $known = @(Get-WindowsFeature)
    $missing = @()
    foreach ($name in $names) {
        $feature = @($known | Where-Object -FilterScript { $_.Name -eq $name })
        if ($feature.Count -eq 0) { Stop-Ingot -Code 'feature.unknown' -Message "Expected a feature of this Windows, found the unknown name $name." }
        $state = $feature[0].InstallState.ToString()
        # Install-WindowsFeature answers 0x800f081f then: the payload has been removed from the component store.
        if ($state -eq 'Removed') { Stop-Ingot -Code 'feature.payload-removed' -Message "Expected the feature $name to be available, found its payload removed from the component store." }
        if ($state -eq 'Available' -or $state -eq 'UninstallPending') { $missing += $name }
    }
    $restart = $false
    if ($missing.Count -gt 0) {
        Write-IngotProgress -Message ('Installing {0}' -f ($missing -join ', '))
        $outcome = Install-WindowsFeature -Name $missing
        if (-not $outcome.Success) { Stop-Ingot -Code 'feature.failed' -Message ('Expected {0} to install, found {1}.' -f ($missing -join ', '), $outcome.ExitCode) }
        $restart = $outcome.RestartNeeded.ToString() -ne 'No'
    }
    $now = @(Get-WindowsFeature -Name $names)
    # InstallPending: waits for a restart, also when an earlier run asked for it.
    if (@($now | Where-Object -FilterScript { $_.InstallState.ToString() -eq 'InstallPending' }).Count -gt 0) { $restart = $true }
    @{
        changed        = ($missing.Count -gt 0)
        rebootRequired = $restart
        installed      = @($now | Where-Object -FilterScript { $_.InstallState.ToString() -eq 'Installed' } | ForEach-Object -Process { [string]$_.Name })
    }
}
