# Installs and removes Windows features, such as Containers, and adds capabilities (features on demand).
[CmdletBinding()]
param([switch]$Test)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-state.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-servicing.ps1')

# {name, state} of features, in the words of Get-WindowsFeature: Available, Installed, Removed, InstallPending, UninstallPending.
function Get-IngotFeature {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][AllowEmptyCollection()][AllowEmptyString()][string[]]$Name)
    if ($Name.Count -eq 0) { return }
    $known = @(Get-WindowsFeature)
    foreach ($one in $Name) {
        $feature = @($known | Where-Object -FilterScript { $_.Name -eq $one })
        if ($feature.Count -eq 0) { Stop-Ingot -Code 'feature.unknown' -Message "Expected a feature of this Windows, found the unknown name $one." }
        @{ name = [string]$feature[0].Name; state = $feature[0].InstallState.ToString() }
    }
}

# {name, state} of capabilities: NotPresent, Staged, Installed, InstallPending, ...
function Get-IngotCapability {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][AllowEmptyCollection()][AllowEmptyString()][string[]]$Name)
    foreach ($one in $Name) {
        $found = @(Invoke-IngotServicing -What "Looking for the capability $one" -Body { Get-WindowsCapability -Online -Name $one })
        # An unknown name is answered by an object without a name.
        if ($found.Count -ne 1 -or [string]$found[0].Name -eq '') { Stop-Ingot -Code 'capability.unknown' -Message "Expected a capability of this Windows, found the unknown name $one." }
        @{ name = [string]$found[0].Name; state = $found[0].State.ToString() }
    }
}

function Get-FeatureState {
    [CmdletBinding()]
    param([AllowEmptyCollection()][AllowEmptyString()][string[]]$Feature = @(), [AllowEmptyCollection()][AllowEmptyString()][string[]]$Capability = @())
    return @{ features = @(Get-IngotFeature -Name $Feature); capabilities = @(Get-IngotCapability -Name $Capability) }
}

# Server Manager reports some failures instead of throwing them.
function Assert-FeatureOutcome {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][object]$Outcome, [Parameter(Mandatory = $true)][string]$What)
    if (-not $Outcome.Success) { Stop-Ingot -Code 'feature.failed' -Message ('{0}: expected success, found {1}.' -f $What, $Outcome.ExitCode) }
}

Invoke-IngotScript -Body {
    param($Parameter)
    $names = @(Get-IngotProperty -InputObject $Parameter -Name 'names' -Default @() | ForEach-Object -Process { [string]$_ })
    $unwanted = @(Get-IngotProperty -InputObject $Parameter -Name 'remove' -Default @() | ForEach-Object -Process { [string]$_ })
    $capabilities = @(Get-IngotProperty -InputObject $Parameter -Name 'capabilities' -Default @() | ForEach-Object -Process { [string]$_ })
    $source = [string](Get-IngotProperty -InputObject $Parameter -Name 'source' -Default '')
    if ($names.Count + $unwanted.Count + $capabilities.Count -eq 0) { Stop-Ingot -Code 'guest.parameters' -Message 'Expected at least one name in names, remove or capabilities, found none.' }
    $all = @($names + $unwanted)
    $before = Get-FeatureState -Feature $all -Capability $capabilities

    # What waits for a restart is on its way already.
    $missing = @($before.features | Where-Object -FilterScript { $names -contains $_.name -and @('Available', 'Removed', 'UninstallPending') -contains $_.state } | ForEach-Object -Process { $_.name })
    $surplus = @($before.features | Where-Object -FilterScript { $unwanted -contains $_.name -and @('Installed', 'InstallPending') -contains $_.state } | ForEach-Object -Process { $_.name })
    $absent = @($before.capabilities | Where-Object -FilterScript { @('Installed', 'InstallPending') -notcontains $_.state } | ForEach-Object -Process { $_.name })
    $changed = ($missing.Count + $surplus.Count + $absent.Count) -gt 0
    $restart = $false
    $evidence = @()
    if ($changed -and -not $Test) {
        Wait-ServicingDone -Minutes 15
        $payload = @{}
        if ($source -ne '') { $payload.Source = $source }
        if ($missing.Count -gt 0) {
            $what = 'Installing {0}' -f ($missing -join ', ')
            Write-IngotProgress -Message $what
            $outcome = Invoke-IngotServicing -What $what -Body { Install-WindowsFeature -Name $missing @payload }
            Assert-FeatureOutcome -Outcome $outcome -What $what
            if ($outcome.RestartNeeded.ToString() -ne 'No') { $restart = $true }
            $evidence += ('{0}: {1}' -f $what, $outcome.ExitCode)
        }
        if ($surplus.Count -gt 0) {
            $what = 'Removing {0}' -f ($surplus -join ', ')
            Write-IngotProgress -Message $what
            # Not -Remove: the payload would be gone from the component store, and the feature could not come back (0x800f081f).
            $outcome = Invoke-IngotServicing -What $what -Body { Uninstall-WindowsFeature -Name $surplus }
            Assert-FeatureOutcome -Outcome $outcome -What $what
            if ($outcome.RestartNeeded.ToString() -ne 'No') { $restart = $true }
            $evidence += ('{0}: {1}' -f $what, $outcome.ExitCode)
        }
        foreach ($name in $absent) {
            $what = "Adding $name"
            Write-IngotProgress -Message $what
            # A source of one's own is the only one then: Windows would ask WSUS or Windows Update besides.
            if ($source -ne '') { $outcome = Invoke-IngotServicing -What $what -Body { Add-WindowsCapability -Online -Name $name -Source $source -LimitAccess } }
            else { $outcome = Invoke-IngotServicing -What $what -Body { Add-WindowsCapability -Online -Name $name } }
            if ($outcome.RestartNeeded) { $restart = $true }
            $evidence += $what
        }
    }
    $after = $before
    if ($changed -and -not $Test) { $after = Get-FeatureState -Feature $all -Capability $capabilities }
    $pending = @(@($after.features) + @($after.capabilities) | Where-Object -FilterScript { @('InstallPending', 'UninstallPending') -contains $_.state })
    # Also when an earlier run asked for the restart.
    if ($pending.Count -gt 0) { $restart = $true }
    $result = New-IngotResult -Changed $changed -Before $before -After $after -RebootRequired $restart -Evidence $evidence
    $result.installed = @($after.features | Where-Object -FilterScript { $_.state -eq 'Installed' } | ForEach-Object -Process { $_.name })
    $result
}
